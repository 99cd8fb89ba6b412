package main

import (
	"bufio"
	"bytes"
	"io"
)

// statement classifies a client's packet, as far as cuts distinguish packets.
type statement string

const (
	greeting   statement = "greeting" // the database's first packet
	login      statement = "login"    // the client's answer to the greeting
	begin      statement = "BEGIN"
	commit     statement = "COMMIT"
	rollback   statement = "ROLLBACK"
	insert     statement = "INSERT of events"
	insertCall statement = "INSERT of a call"
	// insertAlone is an INSERT of events without a transaction around it.
	insertAlone statement = "INSERT alone"
	lookup      statement = "SELECT"
	other       statement = "other"
)

// readPacket reads one packet of the MySQL protocol with its header: three bytes of length, a sequence
// number, the payload.
func readPacket(from *bufio.Reader) ([]byte, error) {
	header, err := from.Peek(4)
	if err != nil {
		return nil, err
	}
	packet := make([]byte, 4+(int(header[0])|int(header[1])<<8|int(header[2])<<16))
	_, err = io.ReadFull(from, packet)
	return packet, err
}

// classify returns the statement of a client's packet. A command begins a new sequence; its first byte is
// 3 for a query in text.
func classify(packet []byte) statement {
	if len(packet) < 5 || packet[3] != 0 {
		return login
	}
	if packet[4] != 3 {
		return other
	}
	text := bytes.ToUpper(packet[5:min(len(packet), 100)])
	_, rest, found := bytes.Cut(text, []byte(" FOR INSERT"))
	if found && bytes.HasPrefix(text, []byte("SET STATEMENT")) {
		text = append([]byte("INSERT"), rest...)
	}
	for _, known := range []struct {
		prefix string
		is     statement
	}{
		{"COMMIT", commit},
		{"ROLLBACK", rollback},
		{"START TRANSACTION", begin},
		{"BEGIN", begin},
		{"INSERT INTO WEB_CUSTOMER_EVENTS", insert},
		{"INSERT INTO IDEMPOTENT_CALL", insertCall},
		{"SELECT", lookup},
	} {
		if bytes.HasPrefix(text, []byte(known.prefix)) {
			return known.is
		}
	}
	return other
}
