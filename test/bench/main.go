package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"

	"customer-events/internal/store/storetest"
	"customer-events/test/program"
)

var (
	only    = flag.String("only", "mariadb,sqlite", "the databases")
	clients = flag.String("clients", "1,4,16", "the numbers of concurrent clients")
	batches = flag.String("batches", "1,10,100,1000", "the numbers of events in a call")
	rounds  = flag.Int("rounds", 7, "the number of rounds, each of the floor and of every protocol")
	through = flag.String("door", "graphql,web", "the protocols of the server")
	seconds = flag.Float64("seconds", 0.7, "the approximate duration of a round")
	beside  = flag.String("neighbour", "",
		"instead: measure small calls beside one client that repeats a call of "+
			"this many events, as in 1 or 1,100")
	grow = flag.Int("grow", 0,
		"instead: measure calls of 1000 events, fill the table up to this many rows, "+
			"and measure again")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "customer-events-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path, err := program.Build(ctx, dir)
	if err != nil {
		return err
	}
	for _, name := range strings.Split(*only, ",") {
		if err := measureDatabase(ctx, name, program.Program{Path: path, Dir: dir}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// benchmark is the floor and the server on one database.
type benchmark struct {
	floor       *floor
	server      *server
	generator   *generator
	databasePID int // 0 if the database is no process
}

// openMariaDB starts a database server for the benchmark, which the caller closes.
func (b *benchmark) openMariaDB(ctx context.Context) (*storetest.Server, error) {
	own, err := storetest.Start(ctx, storetest.Options{Durable: true, BufferPoolMB: 1024})
	if err != nil {
		return nil, err
	}
	if b.server.database, err = own.URL("bench"); err != nil {
		return own, err
	}
	b.databasePID = own.PID()
	config := mysqldriver.NewConfig()
	config.User, config.Net, config.DBName = "root", "tcp", "bench"
	config.Addr = strings.TrimSuffix(strings.TrimPrefix(b.server.database, "mysql://root@"), "/bench")
	config.ParseTime, config.InterpolateParams, config.MaxAllowedPacket = true, true, 0
	if b.floor.db, err = sql.Open("mysql", config.FormatDSN()); err != nil {
		return own, err
	}
	b.floor.db.SetMaxIdleConns(256) // as many as clients: opening connections is no part of the floor
	fmt.Printf("\n%s %s, durable, 1 GiB buffer pool\n", own.Kind(), own.Version())
	return own, nil
}

func (b *benchmark) openSQLite() (err error) {
	path := filepath.Join(b.server.Dir, "bench.db")
	b.server.database = "sqlite:" + path
	b.floor.db, err = sql.Open("sqlite", "file:"+path+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"+
		"&_pragma=synchronous(FULL)&_txlock=immediate&_inttotime=1&_time_integer_format=unix_micro")
	if err != nil {
		return err
	}
	b.floor.db.SetMaxOpenConns(1)
	fmt.Println("\nSQLite, WAL, synchronous=FULL; the floor is the INSERT alone, with keys known beforehand")
	return nil
}

func measureDatabase(ctx context.Context, name string, p program.Program) error {
	b := &benchmark{
		floor:     &floor{},
		server:    &server{Program: p},
		generator: &generator{random: rand.New(rand.NewPCG(1, 2))},
	}
	switch name {
	case "mariadb":
		own, err := b.openMariaDB(ctx)
		if own != nil {
			defer own.Close()
		}
		if err != nil {
			return err
		}
	case "sqlite":
		if err := b.openSQLite(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("unknown database %q: choose of mariadb, sqlite", name)
	}
	defer b.floor.db.Close()
	if err := b.server.prepare(ctx); err != nil {
		return err
	}
	if name == "sqlite" {
		if err := b.floor.loadKeys(ctx); err != nil {
			return err
		}
	}
	if err := b.server.start(ctx); err != nil {
		return err
	}
	defer b.server.stop()
	return b.measureAll(ctx)
}

func (b *benchmark) measureAll(ctx context.Context) error {
	if *beside != "" {
		for _, batch := range parseNumbers(*beside) {
			if err := measureNeighbour(ctx, b, batch); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Println("clients  batch protocol   floor ev/s  server ev/s  ratio     p50     p99   floor CPU  " +
		"server+db CPU" +
		"  ratio  (server   db) µs/ev  bytes/ev")
	if *grow > 0 {
		return measureGrowth(ctx, b, *grow)
	}
	for _, batch := range parseNumbers(*batches) {
		for _, c := range parseNumbers(*clients) {
			if _, err := b.measureCell(ctx, c, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseNumbers(list string) (out []int) {
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			log.Fatalf("%q is not a list of numbers", list)
		}
		out = append(out, n)
	}
	return out
}
