package cli_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	needs "github.com/highwater-dev/highwater/harness/internal/require"
	"github.com/highwater-dev/highwater/harness/internal/require/machine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
	"github.com/highwater-dev/highwater/reports"
)

// served builds the program of testdata/served.
func (l *live) served() string {
	l.Helper()
	path := filepath.Join(l.TempDir(), "served")
	command := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./testdata/served")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := command.CombinedOutput()
	require.NoError(l, err, string(output))
	return path
}

// starts runs a program by hand, and ends it with the test. Its group is its own.
func (l *live) starts(command *exec.Cmd) *exec.Cmd {
	l.Helper()
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	require.NoError(l, command.Start())
	l.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait()
	})
	return command
}

// freePort is one that nobody uses now.
func (l *live) freePort() string {
	l.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(l, err)
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func (l *live) listens(port string) {
	l.Helper()
	testbin.Until(l, "it listens", func() bool {
		connection, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			connection.Close()
		}
		return err == nil
	})
}

// attach runs attach for a short while and returns what the report says.
func (l *live) attach(wantCode int, arguments ...string) reports.DocumentVariant {
	l.Helper()
	l.out = filepath.Join(l.TempDir(), "out")
	code, _, stderr := l.run(append([]string{"attach", "--for", "4s", "--out", l.out}, arguments...)...)
	require.Equal(l, wantCode, code, stderr)
	assert.Empty(l, l.startedBy(), "nothing is left")
	document := l.report()
	require.Len(l, document.Scenarios, 1)
	require.Len(l, document.Scenarios[0].Variants, 1)
	told := document.Scenarios[0].Variants[0]
	assert.NotRegexp(l, `\brows?\b|backlog`, told.Sentence)
	assert.Zero(l, told.RowsTaken+told.RowsDelivered+told.RowsMissing)
	return told
}

// attachContainers: two containers that were started by hand, one sound and one not.
func (l *live) attachContainers() {
	l.need("docker")
	const image = "highwater-test/served:1"
	l.importFile(l.served(), "served", image)
	begin := func(how string) (name, port string) {
		port, name = l.freePort(), "highwater-test-"+how+"-"+strconv.Itoa(os.Getpid())
		output, err := exec.Command("docker", "run", "-d", "--name", name, "-m", "512m", "-p", "127.0.0.1:"+port+":8080", image, "/served", how, ":8080").CombinedOutput()
		require.NoError(l, err, string(output))
		l.Cleanup(func() { _ = exec.Command("docker", "rm", "-f", name).Run() })
		l.listens(port)
		return name, port
	}
	before := l.containers()
	sound, port := begin("streams")
	told := l.attach(0, "--container", sound, "--url", "http://localhost:"+port+"/export")
	assert.Equal(l, harness.CauseNone, told.Cause, told.Sentence)
	assert.EqualValues(l, 512*harness.MiB, told.Limit)

	leaky, port := begin("gathers")
	told = l.attach(1, "--container", leaky, "--url", "http://localhost:"+port+"/export", "--debug-port", "8080")
	assert.Contains(l, told.Site, "main.gather", told.Sentence)
	assert.Contains(l, told.Sentence, "for each of 20 clients")
	assert.Equal(l, harness.OutcomeCompleted, told.Outcome)

	code, _, stderr := l.run("attach", "--container", leaky, "--url", "http://localhost:"+port+"/moved", "--out", l.out+"2")
	assert.Equal(l, 2, code)
	assert.Contains(l, stderr, `it answers 302 Found, to "/export"`)
	code, _, stderr = l.run("attach", "--container", leaky+"x", "--url", "http://localhost:"+port+"/export", "--out", l.out+"2")
	assert.Equal(l, 2, code)
	assert.Contains(l, stderr, "running are ")
	assert.NoDirExists(l, l.out+"2")
	assert.Equal(l, len(strings.Fields(before))+2, len(strings.Fields(l.containers())), "both run on, and nothing else does")

	code, _, stderr = l.run("run", "--image", image, "--url", "/export", "--for", "4s", "--out", l.out+"3", "--", "/served", "streams", ":8080")
	assert.Zero(l, code, stderr)
}

func (l *live) containers() string {
	l.Helper()
	running, err := exec.Command("docker", "ps", "-q").Output()
	require.NoError(l, err)
	return string(running)
}

// attachProcesses: a program that grows whoever comes, and one whose answers are short.
func (l *live) attachProcesses() {
	path := l.served()
	begin := func(how string) (pid, url string) {
		port := l.freePort()
		command := l.starts(exec.Command(path, how, "127.0.0.1:"+port))
		l.listens(port)
		return strconv.Itoa(command.Process.Pid), "http://localhost:" + port + "/export"
	}
	pid, url := begin("grows")
	told := l.attach(1, "--pid", pid, "--url", url, "--clients", "5")
	assert.Equal(l, harness.CauseUnknown, told.Cause, told.Sentence)
	assert.Contains(l, told.Sentence, "it still held")
	assert.NotZero(l, engine.StartTime(number(l, pid)), "it runs on")

	pid, url = begin("short")
	told = l.attach(4, "--pid", pid, "--url", url, "--clients", "5")
	assert.Contains(l, told.Sentence, "nothing pushed back", told.Sentence)
}

func number(l *live, text string) int {
	l.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(l, err)
	return n
}

// attachNginx: Debian's, with a configuration of its own.
func (l *live) attachNginx() {
	nginx := needs.Program(l, "nginx")
	dir, port := l.TempDir(), l.freePort()
	require.NoError(l, os.WriteFile(filepath.Join(dir, "big"), nil, 0o644))
	require.NoError(l, os.Truncate(filepath.Join(dir, "big"), 200<<20))
	text := "daemon off; worker_processes 1; pid pid; error_log error.log;\nevents {}\nhttp { access_log off; "
	if os.Getuid() == 0 {
		text = "user root; " + text
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += kind + "_temp_path " + kind + "; "
	}
	text += "server { listen 127.0.0.1:" + port + "; root " + dir + "; } }\n"
	require.NoError(l, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(text), 0o644))
	command := l.starts(exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf")))
	l.listens(port)
	told := l.attach(0, "--pid", strconv.Itoa(command.Process.Pid), "--url", "http://localhost:"+port+"/big")
	assert.Equal(l, harness.CauseNone, told.Cause, told.Sentence)
	assert.NotZero(l, engine.StartTime(command.Process.Pid), "it runs on")
}

// attachPostgres: a cluster of its own, a process for each client, spoken to in its own
// protocol. The bound allows what such a process costs.
func (l *live) attachPostgres() {
	binaries := machine.Postgres(l)
	dir, port := l.postgresDir(), l.freePort()
	data := filepath.Join(dir, "data")
	initdb := l.asPostgres(exec.Command(filepath.Join(binaries, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"))
	output, err := initdb.CombinedOutput()
	require.NoError(l, err, string(output))
	server := l.starts(l.asPostgres(exec.Command(filepath.Join(binaries, "postgres"), "-D", data, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "jit=off")))
	l.listens(port)
	told := l.attach(0, "--pid", strconv.Itoa(server.Process.Pid), "--url", "tcp://127.0.0.1:"+port, "--bound", "100MiB",
		"--send", escaped(startup("select repeat('x', 1000), generate_series(1, 100000000)")))
	assert.Equal(l, harness.CauseNone, told.Cause, told.Sentence)
	assert.Greater(l, told.Delivered, int64(harness.MiB), "rows came")
}

// postgresDir is a folder that its user may enter.
func (l *live) postgresDir() string {
	l.Helper()
	dir, err := os.MkdirTemp("", "highwater-postgres-")
	require.NoError(l, err)
	l.Cleanup(func() { _ = os.RemoveAll(dir) })
	if owner := l.postgresUser(); owner != nil {
		require.NoError(l, os.Chown(dir, int(owner.Uid), int(owner.Gid)))
	}
	return dir
}

// asPostgres: initdb and postgres refuse to run as root.
func (l *live) asPostgres(command *exec.Cmd) *exec.Cmd {
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: l.postgresUser()}
	return command
}

func (l *live) postgresUser() *syscall.Credential {
	l.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	require.NoError(l, err)
	return &syscall.Credential{Uid: uint32(number(l, owner.Uid)), Gid: uint32(number(l, owner.Gid))}
}

// startup is what a client of PostgreSQL says first, and a query behind it
// (protocol 3.0; what is sent early is read later).
func startup(query string) []byte {
	words := append([]byte{0, 3, 0, 0}, "user\x00postgres\x00database\x00postgres\x00\x00"...)
	text := binary.BigEndian.AppendUint32(nil, uint32(len(words)+4))
	text = append(append(text, words...), 'Q')
	text = binary.BigEndian.AppendUint32(text, uint32(len(query)+5))
	return append(append(text, query...), 0)
}

func escaped(text []byte) (out string) {
	for _, b := range text {
		out += fmt.Sprintf(`\x%02x`, b)
	}
	return out
}
