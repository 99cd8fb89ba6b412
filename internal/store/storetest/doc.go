// Package storetest provides real databases for tests, benchmarks and fault injection.
//
// A test asks for an empty database and gets its URL:
//
//	url := storetest.MySQL(t)  // on a server shared by the test process
//	url := storetest.SQLite(t) // a file of its own
//
// and its package stops the shared server at the end:
//
//	func TestMain(m *testing.M) { storetest.Run(m) }
//
// The shared server is the one named by the environment variable
// CRM_TEST_DATABASE (mysql://user:password@host:port/name or
// mysql://user@unix(/path.sock)/name; the account must be allowed to create
// databases), or else a private one started from the program that
// CRM_TEST_SERVER names (a mariadbd, mysqld or tidb-server) or from a local
// mariadbd or mysqld. Without any of them the tests fail and name the command
// that installs one ("make database-server", which "make test" runs). They are
// never skipped, so that a green run means that the database code ran.
//
// Benchmarks and fault injection use [Start] for a server of their own, which
// they may kill and restart with the same data.
//
// On Linux, private servers exit with the process. On other systems a killed
// process leaves its server running.
package storetest
