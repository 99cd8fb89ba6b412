// Package middleware is what stands before the doors: it says where a request really comes from (Proxies), which web pages may send
// one (Sites), and by which certificate the server shows itself (Certificate). It reads headers and never a body, and it knows
// neither users nor events.
package middleware
