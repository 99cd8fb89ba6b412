package main

import "customer-events/internal/store/storetest"

// scenarios are all faults, in the order in which they are tried.
var scenarios = []scenario{
	{"wrong-savepoint", 30, 10, wrongInDeadlocks, func(r *report) bool { return r.lost > 0 }},
	{"wrong-retry", 30, 10, wrongInCuts, func(r *report) bool { return r.duplicated > 0 }},
	{"server-killed-sqlite", 100, 3, serverKilled(setting{sqlite: true}), nil},
	{"server-killed-mariadb", 100, 2, serverKilled(setting{}), nil},
	{"database-killed", 50, 2, databaseKilled, nil},
	{"connection-cut", 2000, 20, connectionCut(kind{clients: 8, batch: 5}), nil},
	{"connection-cut-small-calls", 500, 10, connectionCut(kind{clients: 32, batch: 1}), nil},
	{"deadlock", 2000, 10, deadlocked, nil},
	{"same-key-mariadb", 2000, 50, sameKeyTwice(setting{}), nil},
	{"same-key-sqlite", 200, 20, sameKeyTwice(setting{sqlite: true}), nil},
	{"restart-alone", 50, 2, restarted(setting{sqlite: true, shared: true}), nil},
	{"restart-one-of-two", 50, 2, restarted(setting{shared: true, servers: 2}), nil},
	{"restart-behind-balancer", 50, 2, restarted(setting{servers: 2}), nil},
	{"disk-full-sqlite", 20, 1, held{setting: setting{sqlite: true, disk: 256 << 20}, kind: long, certain: true, begin: fillDisk, end: emptyDisk}.run, nil},
	{"disk-full-mariadb", 20, 1, held{setting: setting{maria: storetest.Options{RedoLogMB: 10}, disk: 512 << 20}, kind: long, begin: fillDisk, end: emptyDisk}.run, nil},
	{"read-only-mariadb", 20, 1, held{setting: setting{plain: true}, begin: global("read_only", 1), end: global("read_only", 0)}.run, nil},
	{"write-lock-held-sqlite", 20, 1, held{setting: setting{sqlite: true}, quiet: true, begin: lockFile, end: unlockFile}.run, nil},
	{"too-many-connections", 20, 1, held{setting: setting{proxied: true, plain: true}, begin: takeConnections, end: giveConnections}.run, nil},
	{"small-packet", 20, 1, held{setting: setting{proxied: true}, kind: stubborn, harmless: true,
		begin: anew(global("max_allowed_packet", 64<<10)), end: anew(global("max_allowed_packet", 64<<20))}.run, nil},
}

// long are clients whose calls have up to 80 kB; stubborn ones never give such a call up.
var (
	long     = kind{clients: 8, batch: 20, text: 3900, givesUp: true}
	stubborn = kind{clients: 8, batch: 20, text: 3900}
)
