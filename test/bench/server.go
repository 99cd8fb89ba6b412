package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// program is the built server.
type program struct {
	path, dir, database string
	env                 []string
	server              *exec.Cmd
	address, token      string
	client              *http.Client
}

const password = "bench-password"

// build makes the program as a release is made.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "customer-events")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

// prepare fills a database with reference data and a user, by the program's own commands.
func (p *program) prepare(ctx context.Context) error {
	p.env = append(os.Environ(), "CRM_DATABASE="+p.database, "CRM_SECRET_KEY=only for the benchmark")
	files := map[string][][]string{"accounts-receivable": {{"number", "name"}}, "units": {{"name"}}, "classifications": {{"name", "alternative_code", "type"}}}
	for i := range accounts {
		files["accounts-receivable"] = append(files["accounts-receivable"], []string{accountNumber(i), "Name"})
	}
	for i := range units {
		files["units"] = append(files["units"], []string{unitName(i)})
	}
	for i := range classifications {
		files["classifications"] = append(files["classifications"], []string{"Class " + strconv.Itoa(i), classificationCode(i), "WEB"})
	}
	for kind, rows := range files {
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
			return err
		}
		path := filepath.Join(p.dir, kind+".csv")
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			return err
		}
		if err := p.command(ctx, "", "import", kind, path); err != nil {
			return err
		}
	}
	return p.command(ctx, password+"\n", "user", "add", "bench")
}

func (p *program) command(ctx context.Context, input string, args ...string) error {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = p.env, p.dir, strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

// start starts the server and logs in.
func (p *program) start(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.address = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	p.server = exec.CommandContext(ctx, p.path, "--listen", p.address)
	p.server.Env, p.server.Dir = p.env, p.dir
	if err := p.server.Start(); err != nil {
		return err
	}
	p.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	for range 200 {
		if err = p.login(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the server does not answer: %w", err)
}

func (p *program) login() error {
	answer, err := p.post("/graphql", []byte(`{"query":"mutation { login(input: {username: \"bench\", password: \"`+password+`\"}) { token } }"}`))
	if err != nil {
		return err
	}
	var parsed struct {
		Data struct{ Login struct{ Token string } }
	}
	p.token = ""
	err = json.Unmarshal(answer, &parsed)
	p.token = parsed.Data.Login.Token
	return err
}

func (p *program) post(path string, body []byte) ([]byte, error) {
	request, err := http.NewRequest(http.MethodPost, "http://"+p.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || bytes.Contains(answer, []byte(`"errors"`)) || bytes.Contains(answer, []byte("APIValueException"))) {
		err = fmt.Errorf("%s: %.300s", response.Status, answer)
	}
	return answer, err
}

// allocated is how many bytes the server has allocated so far.
func (p *program) allocated() float64 {
	response, err := p.client.Get("http://" + p.address + "/metrics")
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

func (p *program) stop() {
	if p.server != nil && p.server.Process != nil {
		_ = p.server.Process.Signal(os.Interrupt)
		_ = p.server.Wait()
	}
}

// cpu is how many seconds a process has computed. Source: proc(5), in ticks of 1/100 s.
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
