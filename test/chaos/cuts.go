package main

import (
	"context"
	"fmt"
	"strings"

	"customer-events/internal/store/storetest"
)

// cutWeights are the cuts and their numbers for each hundred faults. COMMIT and the INSERT alone have the
// most, since only there the outcome is unknown.
var cutWeights = map[cut]int{
	{greeting, inResponse}: 3,
	{login, inRequest}:     3, {login, afterRequest}: 3, {login, inResponse}: 3,
	{begin, inRequest}: 3, {begin, beforeResponse}: 3, {begin, inResponse}: 2,
	{lookup, inRequest}: 3, {lookup, beforeResponse}: 2, {lookup, inResponse}: 3,
	{insertCall, inRequest}: 3, {insertCall, afterRequest}: 2, {insertCall, beforeResponse}: 3,
	{insert, inRequest}: 6, {insert, afterRequest}: 4, {insert, beforeResponse}: 4, {insert, inResponse}: 3,
	{commit, inRequest}: 12, {commit, afterRequest}: 12, {commit, beforeResponse}: 12,
	{commit, inResponse}:     11,
	{insertAlone, inRequest}: 6, {insertAlone, afterRequest}: 6, {insertAlone, beforeResponse}: 6,
	{insertAlone, inResponse}: 6,
}

// cutConnections cuts connections between the server and its database while clients send calls.
func cutConnections(k loadOptions) runFunc {
	k.abandonsCalls = true
	return func(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
		var o result
		d, err := h.newDeployment(ctx, name, options{proxied: true})
		if err != nil {
			return d, o, err
		}
		cuts := map[cut]int{}
		for c, weight := range cutWeights {
			if c.statement == insertAlone && d.databaseServer.Kind() == storetest.KindTiDB {
				continue // the server uses transactions only there
			}
			cuts[c] = (weight*n + 99) / 100
		}
		l := d.startLoad(ctx, k)
		defer l.stop()
		d.proxy.scheduleCuts(cuts, d.newRandom("cuts"))
		for d.proxy.remainingCuts() > 0 {
			if err := d.waitForCalls(ctx, 10); err != nil {
				return d, o, err
			}
			if d.proxy.remainingCuts(greeting, login) == d.proxy.remainingCuts() {
				// the remaining cuts need new connections, and nothing else breaks the existing ones
				d.proxy.cutAll()
			}
		}
		l.stop() // the last cuts are made before the last call is answered
		commits := 0
		for c, times := range d.proxy.doneCuts() {
			o.injected += times
			if (c.statement == commit || c.statement == insertAlone) && c.place != inRequest {
				commits += times
			}
		}
		o.remarks = fmt.Sprintf("%d places, %d COMMITs without a response; errors at clients: %s",
			len(cuts), d.proxy.unknownCommits.Load(), d.history.errorSummary())
		if int(d.proxy.unknownCommits.Load()) < commits {
			o.addFailure("%d COMMITs were cut and the proxy counted %d without a response", commits,
				d.proxy.unknownCommits.Load())
		}
		return d, o, d.servers[0].alive()
	}
}

// errorSummary lists the errors of whole calls that clients received.
func (l *history) errorSummary() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for code, times := range l.visibleErrors {
		list = append(list, fmt.Sprintf("%s %d", code, times))
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
