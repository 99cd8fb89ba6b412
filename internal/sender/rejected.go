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
	"strconv"
	"strings"

	"customer-events/internal/strictjson"
)

// rejection is why an event was not processed: the server's words, or ours for what could not be sent.
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

// rejectedFile is FILE.rejected.ndjson: a line for each rejected event, in the file's order. It holds the event too, which may
// hold secrets, and so is for its owner's eyes only. It is made when there is something to write.
//
// People correct the events in it, perhaps before the sending is at its end. What they wrote must not be lost: a file that is not
// as the state has it is kept under another name.
type rejectedFile struct {
	path    string
	state   *state
	note    func(string)
	size    int64
	hash    hash.Hash // of the file's first size bytes
	file    *os.File
	written os.FileInfo // the file as it was left; nil before anything was written
}

// openRejected takes up the file after the bytes that the state counts; what follows them was written before an interruption, and
// will be written again.
func openRejected(file string, s *state, note func(string)) (*rejectedFile, error) {
	r := &rejectedFile{path: file + ".rejected.ndjson", state: s, note: note}
	return r, r.takeUp()
}

// takeUp compares the file with what the state has recorded of it.
func (r *rejectedFile) takeUp() error {
	s := r.state
	r.size, r.hash = s.RejectedBytes, sha256.New()
	file, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		if r.size == 0 {
			return nil
		}
		r.note(fmt.Sprintf("%s is not there any more: the events that are rejected from now on go to a new one", r.path))
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
	intact := err == nil && (s.RejectedSHA256 == r.sum() || s.RejectedSHA256 == "") // older versions recorded the size only
	whole := sha256.New()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	bytes, err := io.Copy(whole, file)
	if err != nil {
		return err
	}
	found := content{bytes, hex.EncodeToString(whole.Sum(nil))}
	if intact && (bytes == r.size || s.RejectedNext != nil && found == *s.RejectedNext) {
		return r.cutBack()
	}
	kept, err := keep(file, r.path)
	if err != nil {
		return fmt.Errorf("keeping what was changed in %s: %w", r.path, err)
	}
	r.note(fmt.Sprintf("%s was there before, or has been changed since it was written: it is kept as %s", r.path, kept))
	if !intact {
		if err := r.restart(); err != nil {
			return err
		}
	}
	return r.cutBack()
}

// cutBack leaves no more than what the state counts.
func (r *rejectedFile) cutBack() error {
	if r.size == 0 {
		return os.Remove(r.path)
	}
	return os.Truncate(r.path, r.size)
}

// restart makes the state count nothing of the file.
func (r *rejectedFile) restart() error {
	r.size, r.hash = 0, sha256.New()
	r.state.RejectedBytes, r.state.RejectedSHA256, r.state.RejectedNext = 0, "", nil
	return r.state.save()
}

// keep copies a file to a name that is still free.
func keep(file *os.File, path string) (name string, err error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		name = fmt.Sprintf("%s.edited-%d", path, n)
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

func (r *rejectedFile) sum() string { return hex.EncodeToString(r.hash.Sum(nil)) }

// add writes the rejected events of a call, and sees to it that they are on the disk. The state says beforehand what will be there,
// so that it is known for ours whenever this is interrupted.
func (r *rejectedFile) add(c *call) error {
	var text []byte
	for i := range c.items {
		if it := &c.items[i]; it.rejected != nil {
			text = append(it.appendLine(text, c.text), '\n')
		}
	}
	if len(text) == 0 {
		return nil
	}
	if err := r.append(text); err != nil {
		return fmt.Errorf("writing the rejected events: %w", err)
	}
	return nil
}

func (r *rejectedFile) append(text []byte) error {
	if now, err := os.Stat(r.path); r.written != nil && (err != nil || !os.SameFile(now, r.written) || now.Size() != r.size || !now.ModTime().Equal(r.written.ModTime())) {
		if err := errors.Join(r.close(), r.takeUp()); err != nil {
			return err
		}
	}
	r.hash.Write(text)
	r.state.RejectedNext = &content{r.size + int64(len(text)), r.sum()}
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
	r.state.RejectedBytes, r.state.RejectedSHA256, r.state.RejectedNext = r.size, r.sum(), nil
	return nil
}

func (r *rejectedFile) close() error {
	file := r.file
	if r.file, r.written = nil, nil; file == nil {
		return nil
	}
	return file.Close()
}

// appendLine writes what became of an item, and the event as it was sent.
func (it *item) appendLine(to, text []byte) []byte {
	why := it.rejected
	to = append(to, `{"line":`...)
	to = strconv.AppendInt(to, int64(it.line), 10)
	to = append(to, `,"requestUniqueIdentifier":`...)
	if why.RequestUniqueIdentifier == nil {
		to = append(to, "null"...)
	} else {
		to = strictjson.AppendText(to, *why.RequestUniqueIdentifier)
	}
	to = appendError(to, why.ErrorCode, why.ErrorDescription)
	to = append(to, `,"retryable":`...)
	to = strconv.AppendBool(to, why.Retryable)
	to = append(to, `,"problems":`...)
	to = strictjson.AppendList(to, len(why.Problems), func(to []byte, n int) []byte {
		p := &why.Problems[n]
		to = append(to, `{"path":`...)
		to = strictjson.AppendList(to, len(p.Path), func(to []byte, n int) []byte { return strictjson.AppendText(to, p.Path[n]) })
		return append(appendError(to, p.ErrorCode, p.ErrorDescription), '}')
	})
	to = append(to, `,"event":`...)
	if event := it.event(text); len(event) > 0 {
		return append(append(to, strings.ToValidUTF8(string(event), "\ufffd")...), '}')
	}
	return append(to, "null}"...)
}

func appendError(to []byte, code, description string) []byte {
	to = strictjson.AppendText(append(to, `,"errorCode":`...), code)
	return strictjson.AppendText(append(to, `,"errorDescription":`...), description)
}
