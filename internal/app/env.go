package app

import (
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
)

// Build holds what only the main package can embed: the version and commit, the schema as it is published,
// and the licences of the third-party software.
type Build struct{ Version, Commit, Schema, Licenses string }

// Env is what a command runs in.
type Env struct {
	Build          Build
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Log            *slog.Logger
	// LostLines returns how many lines the log has lost; nil if it cannot lose any.
	LostLines func() uint64
	// Ready is called with the address once the server listens. Tests wait for it.
	Ready func(net.Addr)
}

// memoryPerCPU is the memory for each processor beyond which the garbage collector runs more often.
const memoryPerCPU = 90 << 20

// Main runs the program with the arguments and streams of the process, and exits with its status.
func Main(build Build) {
	tuneGarbageCollector()
	ctx, stop := endBySignal()
	defer stop()
	queue := newLogQueue(os.Stderr)
	slog.SetDefault(queue.logger()) // libraries that log must not wait for standard error either
	status := Run(ctx, os.Args[1:], Env{
		Build: build, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Log: queue.logger(),
		LostLines: queue.Lost,
	})
	queue.Close(logFlushTimeout)
	os.Exit(status)
}

// tuneGarbageCollector lets garbage grow further than Go's default, up to a limit. The environment
// variables GOGC and GOMEMLIMIT take precedence.
func tuneGarbageCollector() {
	if os.Getenv("GOGC") == "" {
		// The garbage of a call is short-lived and the live heap is small. Collecting a quarter as often
		// saves a tenth of the CPU.
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		// The limit holds when a flood of requests makes much garbage. The request bodies that admission
		// lets in and the hashing of passwords fit into it.
		debug.SetMemoryLimit(int64(max(2, runtime.GOMAXPROCS(0))) * memoryPerCPU)
	}
}
