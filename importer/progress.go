package importer

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how much of the file is written. It is used by one goroutine. All its methods do nothing on nil.
type progress struct {
	bar   *progressbar.ProgressBar
	size  int64
	to    io.Writer
	drawn bool
}

func newProgress(to io.Writer, description string, size int64) *progress {
	if to == nil {
		return nil
	}
	if size <= 0 {
		size = -1 // a spinner
	}
	return &progress{size: size, to: to, bar: progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(to), progressbar.OptionSetDescription(description), progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true), progressbar.OptionShowCount(), progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSpinnerType(14))}
}

// set shows that so many bytes are done. It stops short of the end, to which a file is read before its last rows are written: a
// bar that is full cannot be taken off the line any more. A bar that cannot be drawn must not end an import.
func (p *progress) set(bytes int64) {
	if p == nil {
		return
	}
	p.drawn = true
	if p.size > 0 {
		bytes = min(bytes, p.size-1)
	}
	_ = p.bar.Set64(bytes)
}

// full shows that everything is done.
func (p *progress) full() {
	if p != nil && p.size > 0 {
		p.drawn = true
		_ = p.bar.Set64(p.size)
	}
}

// clear takes the bar off the line, so that something else can be written there.
func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}

// end leaves the bar as it is.
func (p *progress) end() {
	if p != nil && p.drawn {
		_ = p.bar.Exit()
		fmt.Fprintln(p.to)
	}
}
