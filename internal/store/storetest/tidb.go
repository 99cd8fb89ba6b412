package storetest

import "strconv"

// KindTiDB is the TiDB that make test-tidb builds (tools/tidb). It stores its data in unistore, TiDB's
// test store, within one process. So it has TiDB's SQL, transactions and errors, but neither its cluster
// nor its durability. A kill may lose acknowledged commits: until a graceful shutdown, the locks and the
// values that they commit are in memory.
const KindTiDB Kind = "TiDB"

// tidbFlags returns the command line of TiDB. It ignores Durable, BufferPoolMB and RedoLogMB, which
// unistore does not have.
func (s *Server) tidbFlags() []string {
	flags := []string{
		"--store=unistore",
		"--path=" + s.file("data"),
		"--temp-dir=" + s.file("tmp"),
		"--host=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"-P", strconv.Itoa(s.port),
		// The path is relative to the server's folder, because the path of a socket is limited to 108
		// bytes.
		"--socket=s.sock",
		"--report-status=false",
		"--log-file=" + s.file("err.log"),
		"-L", "warn",
	}
	return append(flags, s.opts.Args...)
}
