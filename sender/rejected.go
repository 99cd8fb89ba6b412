package sender

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"customer-events/events/strictjson"
)

// rejection is why an event was not processed: the server's words, or ours for what could not be sent.
type rejection struct {
	Index                   int
	RequestUniqueIdentifier *string
	ErrorCode               string
	ErrorDescription        string
	Retryable               bool
	Problems                []problem
}

type problem struct {
	Path                        []string
	ErrorCode, ErrorDescription string
}

// rejectedFile is FILE.rejected.ndjson: a line for each rejected event, in the file's order. It holds the event too, which may
// hold secrets, and so is for its owner's eyes only. It is made when there is something to write.
type rejectedFile struct {
	path string
	size int64
	file *os.File
}

// openRejected takes up the file after the bytes that the state counts; what follows them was written before a crash, and will be
// written again. A new sending begins with none.
func openRejected(file string, size int64) (*rejectedFile, error) {
	r := &rejectedFile{path: file + ".rejected.ndjson", size: size}
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && size == 0:
		return r, nil
	case err == nil && size == 0:
		return r, os.Remove(r.path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil || info.Size() < size:
		return nil, fmt.Errorf("%s has been moved or cut since %s was begun to be sent: put it back, and send again", r.path, file)
	}
	return r, os.Truncate(r.path, size)
}

// add writes the rejected events of a call, and sees to it that they are on the disk.
func (r *rejectedFile) add(c *call) error {
	var text []byte
	for i := range c.items {
		if it := &c.items[i]; it.rejected != nil {
			text = append(it.appendLine(text, c.text), '\n')
		}
	}
	if len(text) == 0 {
		return nil
	}
	err := r.open()
	if err == nil {
		_, err = r.file.WriteAt(text, r.size)
	}
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing the rejected events: %w", err)
	}
	r.size += int64(len(text))
	return nil
}

func (r *rejectedFile) open() (err error) {
	if r.file == nil {
		r.file, err = os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE, 0o600)
	}
	return err
}

func (r *rejectedFile) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// appendLine writes what became of an item, and the event as it was sent.
func (it *item) appendLine(to, text []byte) []byte {
	why := it.rejected
	to = append(to, `{"line":`...)
	to = strconv.AppendInt(to, int64(it.line), 10)
	to = append(to, `,"requestUniqueIdentifier":`...)
	if why.RequestUniqueIdentifier == nil {
		to = append(to, "null"...)
	} else {
		to = strictjson.AppendText(to, *why.RequestUniqueIdentifier)
	}
	to = appendWhy(to, why.ErrorCode, why.ErrorDescription)
	to = append(to, `,"retryable":`...)
	to = strconv.AppendBool(to, why.Retryable)
	to = append(to, `,"problems":`...)
	to = strictjson.AppendList(to, len(why.Problems), func(to []byte, n int) []byte {
		p := &why.Problems[n]
		to = append(to, `{"path":`...)
		to = strictjson.AppendList(to, len(p.Path), func(to []byte, n int) []byte { return strictjson.AppendText(to, p.Path[n]) })
		return append(appendWhy(to, p.ErrorCode, p.ErrorDescription), '}')
	})
	to = append(to, `,"event":`...)
	if event := it.event(text); len(event) > 0 {
		return append(append(to, strings.ToValidUTF8(string(event), "\ufffd")...), '}')
	}
	return append(to, "null}"...)
}

func appendWhy(to []byte, code, description string) []byte {
	to = strictjson.AppendText(append(to, `,"errorCode":`...), code)
	return strictjson.AppendText(append(to, `,"errorDescription":`...), description)
}
