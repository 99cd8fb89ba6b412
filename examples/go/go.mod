// A client, apart from the server's module: it needs nothing but the standard library.
module customer-events-client

go 1.26.0
