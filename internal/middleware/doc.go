// Package middleware finds the address of a client behind trusted proxies (TrustedProxies), restricts
// requests from web pages of other sites (CrossOrigin) and loads the server's certificate (Certificate).
// It reads headers and never a body, and it knows neither users nor events.
package middleware
