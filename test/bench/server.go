package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"customer-events/test/program"
)

// server is the built server as a process, with a client of it.
type server struct {
	program.Program
	database       string
	process        *exec.Cmd
	address, token string
	client         *http.Client
}

const (
	username = "bench"
	password = "bench-password"
)

// prepare fills a database with reference data and a user.
func (s *server) prepare(ctx context.Context) error {
	s.Env = append(os.Environ(), "CRM_DATABASE="+s.database, "CRM_SECRET_KEY=only for the benchmark")
	files := map[string][][]string{
		"accounts-receivable": {{"number", "name"}},
		"units":               {{"name"}},
		"classifications":     {{"name", "alternative_code", "type"}},
	}
	add := func(kind string, row ...string) { files[kind] = append(files[kind], row) }
	for i := range accounts {
		add("accounts-receivable", accountNumber(i), "Name")
	}
	for i := range units {
		add("units", unitName(i))
	}
	for i := range classifications {
		add("classifications", "Class "+strconv.Itoa(i), classificationCode(i), "WEB")
	}
	return s.Prepare(ctx, files, username, password)
}

// start starts the server and logs in.
func (s *server) start(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	s.process = exec.CommandContext(ctx, s.Path, "--listen", s.address)
	s.process.Env, s.process.Dir = s.Env, s.Dir
	if err := s.process.Start(); err != nil {
		return err
	}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	for range 200 {
		if err = s.login(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the server does not respond: %w", err)
}

func (s *server) login() error {
	const query = `{"query":"mutation { login(input: {username: \"` + username + `\", password: \"` +
		password +
		`\"}) { token } }"}`
	body, err := s.post("/graphql", []byte(query))
	if err != nil {
		return err
	}
	var parsed struct {
		Data struct{ Login struct{ Token string } }
	}
	s.token = ""
	err = json.Unmarshal(body, &parsed)
	s.token = parsed.Data.Login.Token
	return err
}

// post sends a body with the token. A response with an error or a rejected event is an error.
func (s *server) post(path string, body []byte) ([]byte, error) {
	request, err := http.NewRequest(http.MethodPost, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	failed := response.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors"`)) ||
		bytes.Contains(text, []byte("APIValueException"))
	if err == nil && failed {
		err = fmt.Errorf("%s: %.300s", response.Status, text)
	}
	return text, err
}

// allocated returns the number of bytes that the server has allocated since its start.
func (s *server) allocated() float64 {
	response, err := s.client.Get("http://" + s.address + "/metrics")
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	_, rest, _ := strings.Cut(string(text), "\ngo_memstats_alloc_bytes_total ")
	number, _, _ := strings.Cut(rest, "\n")
	value, _ := strconv.ParseFloat(number, 64)
	return value
}

func (s *server) stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(os.Interrupt)
		_ = s.process.Wait()
	}
}

// cpu returns the CPU time of a process in seconds. Source: proc(5), in ticks of 1/100 s.
func cpu(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}
