package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/highwater-dev/highwater/harness/engine"
)

// installed is a PostgreSQL of this machine's, running in a scratch folder.
type installed struct {
	scratch *engine.Scratch
	server  *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{}
	at      string // host:port
	secret  string
}

// The name of role and database that programs are given.
const databaseName = "highwater"

// FindInstalled returns the folder of PostgreSQL's programs on this machine.
func FindInstalled() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	if told, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		if dir := strings.TrimSpace(string(told)); isFile(filepath.Join(dir, "initdb")) {
			return dir, nil
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(filepath.Join(pattern, "initdb"))
		if len(found) > 0 {
			return filepath.Dir(found[len(found)-1]), nil // the highest version
		}
	}
	return "", errors.New("find PostgreSQL: no initdb in PATH, beside pg_config or in /usr/lib/postgresql; install PostgreSQL (Debian: apt-get install postgresql), or name a server with DATABASE_URL")
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// startInstalled makes a cluster and starts it on loopback, where only who knows the
// password may enter. It need not outlive a crash of the machine, so nothing is synced.
func startInstalled(ctx context.Context, bin string) (_ *installed, err error) {
	p := &installed{ended: make(chan struct{}), secret: rand.Text()}
	if p.scratch, err = engine.NewScratch(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	as, err := unprivileged()
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if as != nil {
		if err := os.Chown(p.scratch.Dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
	}
	if err := p.initialize(ctx, bin, as); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return p, p.start(bin, as)
}

// socket is where it listens besides loopback.
func (p *installed) socket() string {
	_, port, _ := net.SplitHostPort(p.at)
	return filepath.Join(p.scratch.Dir, ".s.PGSQL."+port)
}

func (p *installed) data() string { return filepath.Join(p.scratch.Dir, "data") }

// initialize makes the cluster. The password is in a file of its user's for as long as
// that takes.
func (p *installed) initialize(ctx context.Context, bin string, as *syscall.Credential) error {
	secret := filepath.Join(p.scratch.Dir, "secret")
	if err := os.WriteFile(secret, []byte(p.secret), 0o600); err != nil {
		return err
	}
	defer os.Remove(secret)
	if as != nil {
		if err := os.Chown(secret, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	command := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata", p.data(), "--username", databaseName,
		"--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	p.confine(command, as)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(output))
	}
	return nil
}

func (p *installed) start(bin string, as *syscall.Credential) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	p.at = listener.Addr().String()
	_, port, _ := net.SplitHostPort(p.at)
	listener.Close()
	p.server = exec.Command(filepath.Join(bin, "postgres"), "-D", p.data(), "-k", p.scratch.Dir, "-p", port,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "autovacuum=off")
	p.server.Stdout, p.server.Stderr = &p.output, &p.output
	p.confine(p.server, as)
	if err := p.server.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	go func() {
		_ = p.server.Wait()
		close(p.ended)
	}()
	return nil
}

// confine gives a command its user, a group of its own, so that Ctrl-C reaches
// highwater alone, and the folder as its home.
func (p *installed) confine(command *exec.Cmd, as *syscall.Credential) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as}
	endWithParent(command.SysProcAttr)
	command.Dir = p.scratch.Dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.scratch.Dir, "LC_ALL=C", "TZ=UTC"}
}

// unprivileged is a user for root, as whom PostgreSQL refuses to run; nil for others.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		one, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(one.Uid, 10, 32)
		gid, also := strconv.ParseUint(one.Gid, 10, 32)
		if err == nil && also == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("it refuses to run as root, and there is neither a user postgres nor nobody")
}

// endWithin bounds the fast shutdown of a server that need not save anything.
const endWithin = 5 * time.Second

// Close ends the server and removes its folder.
func (p *installed) Close() error {
	if p.server != nil && p.server.Process != nil {
		_ = p.server.Process.Signal(syscall.SIGQUIT) // immediate shutdown: nothing has to be kept
		select {
		case <-p.ended:
		case <-time.After(endWithin):
			_ = syscall.Kill(-p.server.Process.Pid, syscall.SIGKILL)
			<-p.ended
		}
	}
	return p.scratch.Remove()
}

// EndLeft ends the server that a killed highwater left in a scratch folder, if one
// still runs there: by number and start time, as the server itself has noted them.
func EndLeft(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return nil // no server, or one that has ended
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 3 {
		return nil
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	since, also := strconv.ParseInt(strings.TrimSpace(lines[2]), 10, 64)
	if err != nil || also != nil || pid < 2 || !engine.SameProcess(pid, since*1000+500) {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		return fmt.Errorf("end PostgreSQL %d: %w", pid, err)
	}
	for overdue := time.Now().Add(endWithin); time.Now().Before(overdue); time.Sleep(20 * time.Millisecond) {
		if syscall.Kill(pid, 0) != nil || !isFile(filepath.Join(dir, "data", "postmaster.pid")) {
			return nil
		}
	}
	return fmt.Errorf("end PostgreSQL %d: it still runs", pid)
}
