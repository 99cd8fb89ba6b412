package app

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compress compresses responses with gzip for the clients that accept it. It offers no other encoding:
// several clients offer zstd without being able to read it, such as graphql-codegen on Node 20.
func compress(next http.Handler) http.Handler { return gzipWrapper(next) }

var gzipWrapper = func() func(http.Handler) http.HandlerFunc {
	wrapper, err := gzhttp.NewWrapper(gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // the options are constant
	}
	return wrapper
}()
