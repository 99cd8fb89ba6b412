package main

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
}
