package main

import (
	"context"
	"fmt"
	"strings"
)

// weights are the cuts, and how often each is made of a hundred. COMMIT has the most: there alone the outcome is unknown.
var weights = map[cut]int{
	{greeting, inAnswer}: 3,
	{login, inRequest}:   3, {login, afterSend}: 3, {login, inAnswer}: 3,
	{begin, inRequest}: 3, {begin, onAnswer}: 3, {begin, inAnswer}: 2,
	{lookup, inRequest}: 3, {lookup, onAnswer}: 2, {lookup, inAnswer}: 3,
	{insertCall, inRequest}: 3, {insertCall, afterSend}: 2, {insertCall, onAnswer}: 3,
	{insert, inRequest}: 6, {insert, afterSend}: 4, {insert, onAnswer}: 4, {insert, inAnswer}: 3,
	{commit, inRequest}: 12, {commit, afterSend}: 12, {commit, onAnswer}: 12, {commit, inAnswer}: 11,
}

// connectionCut cuts connections between the server and its database under the clients given.
func connectionCut(k kind) func(context.Context, *rig, string, int) (*world, outcome, error) {
	k.givesUp = true
	return func(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
		var o outcome
		w, err := r.newWorld(ctx, name, setting{proxied: true})
		if err != nil {
			return w, o, err
		}
		cuts := map[cut]int{}
		for c, weight := range weights {
			cuts[c] = (weight*n + 99) / 100
		}
		l := w.load(ctx, k)
		defer l.end()
		w.proxy.arm(cuts, w.random("cuts"))
		for w.proxy.outstanding() > 0 {
			if err := w.progress(ctx, 10); err != nil {
				return w, o, err
			}
			if w.proxy.outstanding(greeting, login) == w.proxy.outstanding() {
				w.proxy.cutAll() // new connections are needed, and nothing else breaks the old ones now
			}
		}
		l.end() // the last cuts have been made when the last call is through
		commits := 0
		for c, times := range w.proxy.made() {
			o.injected += times
			if c.statement == commit && c.place != inRequest {
				commits += times
			}
		}
		o.remarks = fmt.Sprintf("%d places, %d unknown COMMITs hit; shown to clients: %s", len(cuts), w.proxy.unknownCommits.Load(), w.ledger.shown())
		if int(w.proxy.unknownCommits.Load()) < commits {
			o.fail("%d COMMITs were left open and the proxy saw %d", commits, w.proxy.unknownCommits.Load())
		}
		return w, o, w.servers[0].alive()
	}
}

// shown lists the errors of whole calls that clients were shown.
func (l *ledger) shown() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for code, times := range l.visible {
		list = append(list, fmt.Sprintf("%s %d", code, times))
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
