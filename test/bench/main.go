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
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"

	"customer-events/internal/store/storetest"
)

var (
	only    = flag.String("only", "mariadb,sqlite", "the databases")
	clients = flag.String("clients", "1,4,16", "how many clients at once")
	batches = flag.String("batches", "1,10,100,1000", "how many events a call")
	rounds  = flag.Int("rounds", 7, "how many rounds, each of the floor and of every door")
	through = flag.String("door", "graphql,web", "the doors of the server")
	seconds = flag.Float64("seconds", 0.7, "how long a round takes about")
	beside  = flag.String("neighbour", "", "instead: measure small calls beside one client that repeats a call of "+
		"so many events, as in 1 or 1,100")
	grow = flag.Int("grow", 0, "instead: measure calls of 1000 events, fill the table up to so many rows, and measure again")
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
	path, err := build(ctx, dir)
	if err != nil {
		return err
	}
	for _, name := range strings.Split(*only, ",") {
		p := &program{path: path, dir: dir}
		if err := bench(ctx, name, p); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// bench measures one database.
func bench(ctx context.Context, name string, p *program) error {
	f := &floor{}
	database := 0 // the process of the database, if it has one
	switch name {
	case "mariadb":
		server, err := storetest.Start(ctx, storetest.Options{Durable: true, BufferPoolMB: 1024})
		if err != nil {
			return err
		}
		defer server.Close()
		if p.database, err = server.URL("bench"); err != nil {
			return err
		}
		database = server.PID()
		address := strings.TrimSuffix(strings.TrimPrefix(p.database, "mysql://root@"), "/bench")
		config := mysqldriver.NewConfig()
		config.User, config.Net, config.Addr, config.DBName = "root", "tcp", address, "bench"
		config.ParseTime, config.InterpolateParams, config.MaxAllowedPacket = true, true, 0
		if f.db, err = sql.Open("mysql", config.FormatDSN()); err != nil {
			return err
		}
		f.db.SetMaxIdleConns(16)
		fmt.Printf("\n%s %s, durable, 1 GiB buffer pool\n", server.Kind(), server.Version())
	case "sqlite":
		path := filepath.Join(p.dir, "bench.db")
		p.database = "sqlite:" + path
		var err error
		if f.db, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"+
			"&_inttotime=1&_time_integer_format=unix_micro"); err != nil {
			return err
		}
		f.db.SetMaxOpenConns(1)
		fmt.Println("\nSQLite, WAL, synchronous=FULL; the floor is the INSERT alone, with keys known beforehand")
	default:
		return fmt.Errorf("there is no database %q: mariadb, sqlite", name)
	}
	defer f.db.Close()
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if name == "sqlite" {
		if err := f.learn(ctx); err != nil {
			return err
		}
	}
	if err := p.start(ctx); err != nil {
		return err
	}
	defer p.stop()
	m := &maker{random: rand.New(rand.NewPCG(1, 2))}
	if *beside != "" {
		for _, b := range numbers(*beside) {
			if err := badNeighbour(ctx, f, p, m, database, b); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Println("clients  batch     door   floor ev/s  server ev/s  ratio     p50     p99   floor CPU  server+db CPU  ratio  (server   db) µs/ev  bytes/ev")
	if *grow > 0 {
		return grows(ctx, f, p, m, database, *grow)
	}
	for _, b := range numbers(*batches) {
		for _, c := range numbers(*clients) {
			if _, err := cell(ctx, f, p, m, database, c, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// figures are what one round gave, per event where that makes sense, or how it compares with the floor of the same round: what slows
// the machine down for longer than a round does not touch that.
type figures struct {
	rate, p50, p99, own, database, bytes float64
}

// cell measures one number of clients and size of batch. It returns the figures of the first door.
func cell(ctx context.Context, f *floor, p *program, m *maker, database, clients, batch int) (first figures, err error) {
	names := strings.Split(*through, ",")
	floors, servers, ratios := []figures{}, make(map[string][]figures), make(map[string][]figures)
	floorCalls, serverCalls := 2*clients, make(map[string]int) // the first round finds out how many fit
	fit := func(f figures) int {
		return clients * max(2, min(2000, int(f.rate**seconds)/(batch*clients)))
	}
	for round := range *rounds + 1 {
		work := make([][]event, floorCalls)
		for i := range work {
			work[i] = m.batch(batch)
		}
		of, err := measure(ctx, f.db, clients, len(work), batch, os.Getpid(), database, func(i int) error { return f.write(ctx, work[i]) })
		if err != nil {
			return first, err
		}
		if round == 0 {
			floorCalls = fit(of)
		} else {
			floors = append(floors, of)
		}
		slices.Reverse(names) // none always comes first: the round's load on the machine is not the same at its two ends
		for _, name := range names {
			door, known := doors[name]
			if !known {
				return first, fmt.Errorf("there is no door %q: graphql, web", name)
			}
			bodies := make([][]byte, max(2*clients, serverCalls[name]))
			for i := range bodies {
				bodies[i] = door.body(m.batch(batch))
			}
			before := p.allocated()
			os, err := measure(ctx, f.db, clients, len(bodies), batch, p.server.Process.Pid, database, func(i int) error {
				_, err := p.post(door.path, bodies[i])
				return err
			})
			if err != nil {
				return first, err
			}
			os.bytes = (p.allocated() - before) / float64(batch*len(bodies))
			if round == 0 {
				serverCalls[name] = fit(os)
			} else {
				servers[name] = append(servers[name], os)
				ratios[name] = append(ratios[name], figures{rate: os.rate / of.rate, own: (os.own + os.database) / (of.own + of.database)})
			}
		}
	}
	fl := medians(floors)
	for i, name := range strings.Split(*through, ",") {
		se, ratio := medians(servers[name]), medians(ratios[name])
		if i == 0 {
			first = se
		}
		fmt.Printf("%7d %6d %8s %12.0f %12.0f %6.2f %6.1fms %6.1fms %11.1f %14.1f %6.2f  (%6.1f %6.1f) %9.0f\n", clients, batch, name, fl.rate, se.rate, ratio.rate,
			se.p50*1000, se.p99*1000, (fl.own+fl.database)*1e6, (se.own+se.database)*1e6, ratio.own, se.own*1e6, se.database*1e6, se.bytes)
	}
	return first, nil
}

// measure runs so many calls from so many clients, and sees to it that their rows are there.
func measure(ctx context.Context, db *sql.DB, clients, calls, batch, own, database int, call func(i int) error) (figures, error) {
	rowsBefore, err := count(ctx, db)
	if err != nil {
		return figures{}, err
	}
	took := make([]float64, calls)
	next := make(chan int, calls)
	for i := range calls {
		next <- i
	}
	close(next)
	errs := make(chan error, clients)
	ownBefore, databaseBefore, start := cpu(own), cpu(database), time.Now()
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for i := range next {
				began := time.Now()
				if err := call(i); err != nil {
					errs <- err
					return
				}
				took[i] = time.Since(began).Seconds()
			}
		})
	}
	wait.Wait()
	elapsed := time.Since(start).Seconds()
	events := float64(calls * batch)
	result := figures{rate: events / elapsed, own: (cpu(own) - ownBefore) / events, database: (cpu(database) - databaseBefore) / events}
	select {
	case err := <-errs:
		return figures{}, err
	default:
	}
	rowsAfter, err := count(ctx, db)
	if err == nil && rowsAfter-rowsBefore != calls*batch {
		err = fmt.Errorf("%d calls of %d events left %d rows", calls, batch, rowsAfter-rowsBefore)
	}
	slices.Sort(took)
	result.p50, result.p99 = took[len(took)/2], took[len(took)*99/100]
	return result, err
}

func count(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM web_customer_events").Scan(&n)
	return n, err
}

func medians(rounds []figures) figures {
	median := func(of func(figures) float64) float64 {
		values := make([]float64, len(rounds))
		for i, round := range rounds {
			values[i] = of(round)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return figures{
		rate: median(func(f figures) float64 { return f.rate }),
		p50:  median(func(f figures) float64 { return f.p50 }), p99: median(func(f figures) float64 { return f.p99 }),
		own: median(func(f figures) float64 { return f.own }), database: median(func(f figures) float64 { return f.database }),
		bytes: median(func(f figures) float64 { return f.bytes }),
	}
}

func numbers(list string) (out []int) {
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			log.Fatalf("%q is no list of numbers", list)
		}
		out = append(out, n)
	}
	return out
}
