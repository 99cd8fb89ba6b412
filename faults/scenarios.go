package main

import "customer-events/store/storetest"

// scenarios are all faults, in the order in which they are tried.
var scenarios = []scenario{
	{"server-killed-sqlite", 100, 3, serverKilled(setting{sqlite: "here"})},
	{"server-killed-mariadb", 100, 2, serverKilled(setting{})},
	{"database-killed", 50, 2, databaseKilled},
	{"connection-cut", 2000, 100, connectionCut},
	{"deadlock", 2000, 40, deadlocked},
	{"same-key-mariadb", 2000, 50, sameKeyTwice(setting{})},
	{"same-key-sqlite", 200, 20, sameKeyTwice(setting{sqlite: "here"})},
	{"restart-alone", 50, 2, restarted(setting{sqlite: "here", shared: true})},
	{"restart-one-of-two", 50, 2, restarted(setting{shared: true, servers: 2})},
	{"restart-behind-balancer", 50, 2, restarted(setting{servers: 2})},
	{"disk-full-sqlite", 20, 1, held{setting: setting{sqlite: "disk"}, disk: 256 << 20, kind: long, begin: fillDisk, end: emptyDisk}.run},
	{"disk-full-mariadb", 20, 1, held{setting: setting{maria: storetest.Options{RedoLogMB: 10}}, disk: 512 << 20, kind: long, begin: fillDisk, end: emptyDisk}.run},
	{"read-only-mariadb", 20, 1, held{setting: setting{plain: true}, begin: global("read_only", 1), end: global("read_only", 0)}.run},
	{"write-lock-held-sqlite", 20, 1, held{setting: setting{sqlite: "here"}, quiet: true, begin: lockFile, end: unlockFile}.run},
	{"too-many-connections", 20, 1, held{setting: setting{proxied: true, plain: true}, begin: takeConnections, end: giveConnections}.run},
	{"small-packet", 20, 0, held{setting: setting{proxied: true}, kind: long, harmless: true,
		begin: anew(global("max_allowed_packet", 64<<10)), end: anew(global("max_allowed_packet", 64<<20))}.run},
}

// long are clients whose calls have up to 80 kB.
var long = kind{clients: 8, batch: 20, text: 3900, givesUp: true}
