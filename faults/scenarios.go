package main

// scenarios are all faults, in the order in which they are tried.
var scenarios = []scenario{
	{"server-killed-sqlite", 100, 3, serverKilled(setting{sqlite: "here"})},
	{"server-killed-mariadb", 100, 2, serverKilled(setting{})},
	{"database-killed", 50, 2, databaseKilled},
}
