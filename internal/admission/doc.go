// Package admission bounds the memory and the processors that requests use, so that no number of requests
// can take them from the clients that send events.
//
//	controller.go  Controller: the bounds that all requests of a server share
//	class.go       Class: admits the authenticated requests, or the anonymous ones
//	body.go        ReadBody, and Body: what one request holds
//	reader.go      the reader of a body, which reserves memory as it reads
//	cpu.go         CPULimiter: slots for work that holds a processor for long, such as hashing a password
//
// A request of an unauthenticated client has the lowest priority. Its header has no valid token; its body
// may still have one, because clients of the original Web API send it there.
package admission
