package tabular

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows how much is done, how fast, and how long the rest will take. It is used by one goroutine. All its methods do
// nothing on nil.
type Progress struct {
	bar   *progressbar.ProgressBar
	size  int64
	to    io.Writer
	drawn bool
}

// Bytes is the unit of a file's size, shown in kB and MB.
const Bytes = "bytes"

// NewProgress draws on a terminal; nil means none. The size counts units; if it is not known it is 0.
func NewProgress(to io.Writer, description string, size int64, unit string) *Progress {
	if to == nil {
		return nil
	}
	if size <= 0 {
		size = -1 // a spinner
	}
	count := []progressbar.Option{progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit)}
	if unit == Bytes {
		count = []progressbar.Option{progressbar.OptionShowBytes(true), progressbar.OptionShowTotalBytes(true)}
	}
	return &Progress{size: size, to: to, bar: progressbar.NewOptions64(size, append(count,
		progressbar.OptionSetWriter(to), progressbar.OptionSetDescription(description),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSpinnerType(14))...)}
}

// Set shows that so much is done. It stops short of the end, to which a file is read before its last rows are written: a
// bar that is full cannot be taken off the line any more. A bar that cannot be drawn must not end the work.
func (p *Progress) Set(done int64) {
	if p == nil {
		return
	}
	p.drawn = true
	if p.size > 0 {
		done = min(done, p.size-1)
	}
	_ = p.bar.Set64(done)
}

// Full shows that everything is done.
func (p *Progress) Full() {
	if p != nil && p.size > 0 {
		p.drawn = true
		_ = p.bar.Set64(p.size)
	}
}

// Clear takes the bar off the line, so that something else can be written there.
func (p *Progress) Clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}

// End leaves the bar as it is.
func (p *Progress) End() {
	if p != nil && p.drawn {
		_ = p.bar.Exit()
		fmt.Fprintln(p.to)
	}
}
