package sender

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"
)

// rejection is the reason why an event was not processed: from the server, or from this package if it was
// not sent.
type rejection struct {
	Index                   *int
	RequestUniqueIdentifier *string
	ErrorCode               string
	ErrorDescription        string
	Retryable               bool
	Problems                []problem
}

type problem struct {
	Path                        []string
	ErrorCode, ErrorDescription string
}

// reason returns everything that is wrong with the event, in one line.
func (r *rejection) reason() string {
	problems := r.Problems
	if len(problems) == 0 {
		problems = []problem{{ErrorCode: r.ErrorCode, ErrorDescription: r.ErrorDescription}}
	}
	var reasons []string
	for _, p := range problems {
		detail := strings.TrimPrefix(p.ErrorDescription, "Error:")
		if i := strings.LastIndex(detail, " - Description:"); i >= 0 {
			detail = detail[:i]
		}
		reasons = append(reasons, fmt.Sprintf("%s (%s)", detail, p.ErrorCode))
	}
	return strings.Join(reasons, " ")
}

// rejectedWriter is the file of rejected events of a run.
type rejectedWriter interface {
	// add writes the rejected events of a call.
	add(c *call) error
	close() error
}

// rejectedText returns the rows of the rejected events of a call.
func rejectedText(format rejectedFormat, c *call) (text []byte) {
	for i := range c.items {
		if it := &c.items[i]; it.rejected != nil {
			text = format.appendRejected(text, it, c)
		}
	}
	return text
}

// rejectedFile is FILE.rejected.ndjson or FILE.rejected.csv: a row for each rejected event, in the file's
// order. A row contains the event, which may contain secrets, so only the owner may read the file. The first
// rejected event creates it.
//
// Users correct the events in it, perhaps before the run ends, and the corrections must not be lost. So a
// file that differs from the state's record is kept under another name.
type rejectedFile struct {
	path    string
	format  rejectedFormat
	state   *state
	note    func(string)
	size    int64
	hash    hash.Hash // of the file's first size bytes
	file    *os.File
	written os.FileInfo // the file after the last write; nil before the first
}

// openRejected continues the file after the bytes that the state records. The bytes after them were written
// before an interruption, and will be written again.
func openRejected(file string, format rejectedFormat, s *state, note func(string)) (*rejectedFile, error) {
	r := &rejectedFile{path: file + format.extension(), format: format, state: s, note: note}
	return r, r.open()
}

// open compares the file with the state's record.
func (r *rejectedFile) open() error {
	s := r.state
	r.size, r.hash = s.RejectedBytes, sha256.New()
	file, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		if r.size == 0 {
			return nil
		}
		r.note(fmt.Sprintf("%s does not exist any more: events that are rejected from now on are written "+
			"to a new file",
			r.path))
		return r.restart()
	}
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyN(r.hash, file, r.size)
	if err != nil && err != io.EOF {
		return err
	}
	// Older versions recorded only the size.
	intact := err == nil && (s.RejectedSHA256 == r.checksum() || s.RejectedSHA256 == "")
	whole := sha256.New()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	bytes, err := io.Copy(whole, file)
	if err != nil {
		return err
	}
	found := fileContent{bytes, hex.EncodeToString(whole.Sum(nil))}
	if intact && (bytes == r.size || s.RejectedNext != nil && found == *s.RejectedNext) {
		return r.truncate()
	}
	kept, err := copyToFreeName(file, r.path+".edited")
	if err != nil {
		return fmt.Errorf("keeping what was changed in %s: %w", r.path, err)
	}
	r.note(fmt.Sprintf("%s existed before, or has been changed since it was written: it is kept as %s",
		r.path, kept))
	if !intact {
		if err := r.restart(); err != nil {
			return err
		}
	}
	return r.truncate()
}

// truncate removes the bytes that the state does not record.
func (r *rejectedFile) truncate() error {
	if r.size == 0 {
		return os.Remove(r.path)
	}
	return os.Truncate(r.path, r.size)
}

// restart sets the state's record to an empty file.
func (r *rejectedFile) restart() error {
	r.size, r.hash = 0, sha256.New()
	r.state.RejectedBytes, r.state.RejectedSHA256, r.state.RejectedNext = 0, "", nil
	return r.state.save()
}

// copyToFreeName copies a file to a name that does not exist yet: the path and a number.
func copyToFreeName(file *os.File, path string) (name string, err error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		name = fmt.Sprintf("%s-%d", path, n)
		copied, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = io.Copy(copied, file)
		return name, errors.Join(err, copied.Sync(), copied.Close())
	}
}

func (r *rejectedFile) checksum() string { return hex.EncodeToString(r.hash.Sum(nil)) }

// add writes the rejected events of a call, and syncs the file. Before that, it records the future content
// in the state, so that the next run recognises the file after an interruption at any point.
func (r *rejectedFile) add(c *call) error {
	text := rejectedText(r.format, c)
	if len(text) == 0 {
		return nil
	}
	if err := r.append(text); err != nil {
		return fmt.Errorf("writing the rejected events: %w", err)
	}
	return nil
}

func (r *rejectedFile) append(text []byte) error {
	if r.written != nil {
		now, err := os.Stat(r.path)
		if err != nil || !os.SameFile(now, r.written) || now.Size() != r.size ||
			!now.ModTime().Equal(r.written.ModTime()) {
			if err := errors.Join(r.close(), r.open()); err != nil {
				return err
			}
		}
	}
	if r.size == 0 {
		text = append(r.format.appendHeader(nil), text...)
	}
	r.hash.Write(text)
	r.state.RejectedNext = &fileContent{r.size + int64(len(text)), r.checksum()}
	err := r.state.save()
	if err == nil && r.file == nil {
		r.file, err = os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE, 0o600)
	}
	if err == nil {
		_, err = r.file.WriteAt(text, r.size)
	}
	if err == nil {
		err = r.file.Sync()
	}
	if err == nil {
		r.written, err = r.file.Stat()
	}
	if err != nil {
		return err
	}
	r.size += int64(len(text))
	r.state.RejectedBytes, r.state.RejectedSHA256, r.state.RejectedNext = r.size, r.checksum(), nil
	return nil
}

func (r *rejectedFile) close() error {
	file := r.file
	if r.file, r.written = nil, nil; file == nil {
		return nil
	}
	return file.Close()
}
