package tabular

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress is a progress bar with the speed and the remaining time. It is not safe for concurrent use. On a
// nil Progress, all methods do nothing.
type Progress struct {
	bar   *progressbar.ProgressBar
	size  int64
	to    io.Writer
	drawn bool
}

// Bytes is the unit of a file's size, which the bar shows in kB and MB.
const Bytes = "bytes"

// NewProgress returns a bar that is drawn on the terminal to, or nil if to is nil. The size counts units,
// and is 0 if it is not known.
func NewProgress(to io.Writer, description string, size int64, unit string) *Progress {
	if to == nil {
		return nil
	}
	if size <= 0 {
		size = -1 // a spinner
	}
	count := []progressbar.Option{progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit)}
	if unit == Bytes {
		count = []progressbar.Option{
			progressbar.OptionShowBytes(true),
			progressbar.OptionShowTotalBytes(true),
		}
	}
	return &Progress{size: size, to: to, bar: progressbar.NewOptions64(size, append(count,
		progressbar.OptionSetWriter(to), progressbar.OptionSetDescription(description),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSpinnerType(14))...)}
}

// Set shows the progress, but never a full bar: a file is read to its end before its last rows are written,
// and Clear cannot remove a full bar. Errors of the terminal are ignored.
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

// Full shows a full bar.
func (p *Progress) Full() {
	if p != nil && p.size > 0 {
		p.drawn = true
		_ = p.bar.Set64(p.size)
	}
}

// Clear removes the bar from its line, so that other output can be written there.
func (p *Progress) Clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}

// End leaves the bar on the screen, and starts a new line.
func (p *Progress) End() {
	if p != nil && p.drawn {
		_ = p.bar.Exit()
		fmt.Fprintln(p.to)
	}
}
