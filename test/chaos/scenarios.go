package main

import "customer-events/internal/store/storetest"

// scenarios are all faults, in the order in which they run.
var scenarios = []scenario{
	{"wrong-savepoint", 30, 10, faultyInDeadlocks, func(r *findings) bool { return r.lost > 0 }},
	{"wrong-retry", 30, 10, faultyInCuts, func(r *findings) bool { return r.duplicated > 0 }},
	{"server-killed-sqlite", 100, 3, killServer(options{sqlite: true}, fewClients), nil},
	{"server-killed-mariadb", 100, 2, killServer(options{}, fewClients), nil},
	{"server-killed-small-calls", 100, 2, killServer(options{}, smallCalls), nil},
	{"database-killed", 50, 2, killDatabase(loadOptions{clients: 12, maxBatch: 10}), nil},
	{"database-killed-small-calls", 50, 2, killDatabase(smallCalls), nil},
	{"connection-cut", 2000, 20, cutConnections(loadOptions{clients: 8, maxBatch: 5}), nil},
	{"connection-cut-small-calls", 500, 10, cutConnections(loadOptions{clients: 32, maxBatch: 1}), nil},
	{"deadlock", 2000, 10, deadlock, nil},
	{"same-key-mariadb", 2000, 50, sameKey(options{}), nil},
	{"same-key-sqlite", 200, 20, sameKey(options{sqlite: true}), nil},
	{"restart-alone", 50, 2, restart(options{sqlite: true, sharedSocket: true}), nil},
	{"restart-one-of-two", 50, 2, restart(options{sharedSocket: true, servers: 2}), nil},
	{"restart-behind-balancer", 50, 2, restart(options{servers: 2}), nil},
	{"disk-full-sqlite", 20, 1, diskFullSQLite.run, nil},
	{"disk-full-mariadb", 20, 1, diskFullMariaDB.run, nil},
	{"read-only-mariadb", 20, 1, readOnlyMariaDB.run, nil},
	{"write-lock-held-sqlite", 20, 1, writeLockHeldSQLite.run, nil},
	{"too-many-connections", 20, 1, tooManyConnections.run, nil},
	{"small-packet", 20, 1, smallPacket.run, nil},
}

// The lasting faults.
var (
	diskFullSQLite = lastingFault{
		options:       options{sqlite: true, diskSize: 256 << 20},
		load:          largeCalls,
		nothingStored: true,
		begin:         fillDisk,
		end:           emptyDisk,
	}
	diskFullMariaDB = lastingFault{
		options: options{maria: storetest.Options{RedoLogMB: 10}, diskSize: 512 << 20},
		load:    largeCalls,
		begin:   fillDisk,
		end:     emptyDisk,
	}
	readOnlyMariaDB = lastingFault{
		options: options{unprivileged: true},
		begin:   setGlobal("read_only", 1),
		end:     setGlobal("read_only", 0),
	}
	writeLockHeldSQLite = lastingFault{
		options:     options{sqlite: true},
		blocksCalls: true,
		begin:       lockFile,
		end:         unlockFile,
	}
	tooManyConnections = lastingFault{
		options: options{proxied: true, unprivileged: true},
		begin:   exhaustConnections,
		end:     releaseConnections,
	}
	smallPacket = lastingFault{
		options:   options{proxied: true},
		load:      persistentLargeCalls,
		tolerated: true,
		begin:     withNewConnections(setGlobal("max_allowed_packet", 64<<10)),
		end:       withNewConnections(setGlobal("max_allowed_packet", 64<<20)),
	}
)

// fewClients send calls of up to ten events. smallCalls send one event a call, as web front ends do: those
// that wait at the same time share a pass.
var (
	fewClients = loadOptions{clients: 8, maxBatch: 10}
	smallCalls = loadOptions{clients: 64, maxBatch: 1}
)

// largeCalls are clients whose calls have up to 80 kB; persistentLargeCalls never abandon such a call.
var (
	largeCalls = loadOptions{
		clients: 8, maxBatch: 20, descriptionLength: 3900, abandonsCalls: true,
	}
	persistentLargeCalls = loadOptions{clients: 8, maxBatch: 20, descriptionLength: 3900}
)
