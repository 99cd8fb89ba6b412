package storetest

import "strconv"

// KindTiDB is the TiDB that make test-tidb builds (tools/tidb). It keeps its data in its test store, unistore, within the one
// process: that is TiDB's SQL, transactions and errors, and neither its cluster nor its durability. What it has acknowledged may be
// lost by a kill: its locks, with the values that they commit, are in memory until it is stopped in order.
const KindTiDB Kind = "TiDB"

// tidbFlags have no word for Durable, BufferPoolMB and RedoLogMB: unistore knows none of them.
func (s *Server) tidbFlags() []string {
	flags := []string{
		"--store=unistore",
		"--path=" + s.file("data"),
		"--temp-dir=" + s.file("tmp"),
		"--host=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"-P", strconv.Itoa(s.port),
		// Relative to the server's folder, where it runs: a socket's path has a limit of 108 bytes and Options.Dir has not.
		"--socket=s.sock",
		"--report-status=false",
		"--log-file=" + s.file("err.log"),
		"-L", "warn",
	}
	return append(flags, s.opts.Args...)
}
