// Package playground serves GraphiQL, which is built from ui/ into dist/ and embedded in the program. The
// page loads nothing from other addresses.
package playground

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

// dist contains only gzipped files. The pattern begins with "all:", because the name of a chunk may begin
// with "_".
//
//go:embed all:dist
var dist embed.FS

const contentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"font-src 'self' data:; img-src 'self' data:; worker-src 'self' blob:; " +
	"frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'none'"

// contentTypes are the types by extension, so that the response does not depend on the system's MIME tables.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".md":   "text/markdown; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
}

type file struct {
	gzipped []byte
	// plain inflates the file for the first client that needs it, and keeps the result for all others.
	plain        func() ([]byte, error)
	plainSize    int64
	contentType  string
	cacheControl string
	tag          string
}

// Handler returns a handler that serves the page at "/" and "/graphiql", and its files below "/". Requests
// for other paths go to notFound. The page expects the GraphQL endpoint at "graphql" next to itself. With
// demo, the page's examples have the demo login and names of the demo data. Without, no file of the page
// contains them.
func Handler(demo bool, notFound http.Handler) http.Handler {
	files, err := load(dist)
	if err != nil {
		panic(err) // the embedded files are part of the program
	}
	chooseExamples(files, demo)

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")

		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" || name == "graphiql" {
			name = "index.html"
		}
		f, ok := files[name]
		if !ok {
			notFound.ServeHTTP(w, r)
			return
		}

		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

// chooseExamples keeps one of the two files with the values of the examples, as examples.json.
func chooseExamples(files map[string]*file, demo bool) {
	chosen, other := "examples-own.json", "examples-demo.json"
	if demo {
		chosen, other = other, chosen
	}
	files["examples.json"] = files[chosen]
	delete(files, chosen)
	delete(files, other)
}

// load returns the built files by their name without ".gz".
func load(fsys fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(fsys, "dist", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, gzipped := strings.CutSuffix(strings.TrimPrefix(p, "dist/"), ".gz")
		contentType := contentTypes[path.Ext(name)]
		if !gzipped || contentType == "" {
			return fmt.Errorf("playground: unexpected file %s", p)
		}
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		if len(data) < 18 {
			return fmt.Errorf("playground: %s is not gzip", p)
		}
		cacheControl := "no-cache"
		if strings.HasPrefix(name, "assets/") { // the names contain a hash of the content
			cacheControl = "public, max-age=31536000, immutable"
		}
		files[name] = &file{
			gzipped:      data,
			plain:        sync.OnceValues(func() ([]byte, error) { return inflate(data) }),
			plainSize:    int64(binary.LittleEndian.Uint32(data[len(data)-4:])), // RFC 1952, section 2.3.1
			contentType:  contentType,
			cacheControl: cacheControl,
			tag:          fmt.Sprintf("%x", sha256.Sum256(data))[:32],
		}
		return nil
	})
	return files, err
}

// serve writes the embedded gzipped bytes, or the bytes that were inflated once.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cacheControl)
	h.Add("Vary", "Accept-Encoding")
	// The middleware must not compress the response: it may interpret Accept-Encoding differently than
	// acceptsGzip.
	h.Set(gzhttp.HeaderNoCompression, "1")

	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // thousands of ranges would cost more than the whole file
	}
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(f.gzipped))) // ServeContent omits it for encoded responses
		h.Set("ETag", `"`+f.tag+`-gzip"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.gzipped))
		return
	}
	h.Set("ETag", `"`+f.tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, &plainReader{file: f})
}

// plainReader reads the inflated file. It inflates at the first read, so that requests that need only the
// size, such as HEAD and If-None-Match, cost nothing.
type plainReader struct {
	file *file
	at   int64
}

// Read implements io.Reader.
func (p *plainReader) Read(to []byte) (int, error) {
	if p.at >= p.file.plainSize {
		return 0, io.EOF
	}
	plain, err := p.file.plain()
	if err != nil {
		return 0, err
	}
	n := copy(to, plain[p.at:])
	p.at += int64(n)
	return n, nil
}

// Seek implements io.Seeker.
func (p *plainReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.file.plainSize
	}
	if offset < 0 {
		return 0, fmt.Errorf("playground: seek to %d", offset)
	}
	p.at = offset
	return offset, nil
}

func inflate(gzipped []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// acceptsGzip reports whether Accept-Encoding contains gzip or "*", and not with q=0.
func acceptsGzip(r *http.Request) bool {
	accepts := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		key, value, _ := strings.Cut(strings.TrimSpace(params), "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		accepted := !strings.EqualFold(strings.TrimSpace(key), "q") || err == nil && q > 0

		switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
		case "gzip", "x-gzip":
			return accepted
		case "*":
			accepts = accepted
		}
	}
	return accepts
}
