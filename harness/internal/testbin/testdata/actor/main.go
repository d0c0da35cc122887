// Command actor does what its arguments say, one after another: it is the program on
// the stage in tests of the engines. Standard library only.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// actions are what an argument "name=value" or "name" does.
var actions = map[string]func(value string){
	"say":      func(text string) { fmt.Println(text) },
	"pid":      func(string) { fmt.Println("pid", os.Getpid()) },
	"exit":     func(code string) { os.Exit(number(code)) },
	"panic":    func(text string) { panic(text) },
	"wait":     func(string) { time.Sleep(time.Hour) },
	"hold":     hold,
	"grow":     func(rate string) { grow(number(rate)) },
	"flood":    func(size string) { flood(number(size)) },
	"dial":     dial,
	"look":     func(string) { look() },
	"env":      func(string) { fmt.Println(strings.Join(os.Environ(), "\n")) },
	"deaf":     func(string) { signal.Ignore(syscall.SIGTERM) },
	"graceful": func(string) { graceful() },
	"child":    func(words string) { child(words, nil) },
	"away":     func(words string) { child(words, &syscall.SysProcAttr{Setsid: true}) },
	"listen":   listen,
}

func main() {
	for _, argument := range os.Args[1:] {
		name, value, _ := strings.Cut(argument, "=")
		act, known := actions[name]
		if !known {
			fmt.Fprintf(os.Stderr, "no action %q\n", argument)
			os.Exit(64)
		}
		act(value)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

const mib = 1 << 20

// held is never dropped.
var held [][]byte

// hold takes that many MiB.
func hold(size string) {
	for range number(size) {
		take()
	}
	fmt.Println("held " + size)
}

// take touches every page of one more MiB.
func take() {
	block := make([]byte, mib)
	for i := 0; i < len(block); i += 512 {
		block[i] = 1
	}
	held = append(held, block)
}

// grow takes that many MiB a second until somebody stops it.
func grow(rate int) {
	for {
		take()
		time.Sleep(time.Second / time.Duration(rate))
	}
}

// flood writes numbered lines, that many bytes to each stream.
func flood(size int) {
	for written, line := 0, 0; written < size; line++ {
		text := fmt.Sprintf("%0*d\n", 99, line)
		fmt.Fprint(os.Stdout, text)
		fmt.Fprint(os.Stderr, text)
		written += len(text)
	}
}

// dial says which addresses answer.
func dial(addresses string) {
	var dialling sync.WaitGroup
	for address := range strings.SplitSeq(addresses, ",") {
		dialling.Go(func() {
			connection, err := net.DialTimeout("tcp", address, 5*time.Second)
			if err != nil {
				fmt.Printf("dial %s: no: %v\n", address, err)
				return
			}
			connection.Close()
			fmt.Printf("dial %s: yes\n", address)
		})
	}
	dialling.Wait()
}

// look says what the program may do.
func look() {
	fmt.Printf("uid %d gid %d\n", os.Getuid(), os.Getgid())
	fmt.Printf("write /x: %v\n", os.WriteFile("/x", nil, 0o600))
	fmt.Printf("write /tmp/x: %v\n", os.WriteFile("/tmp/x", []byte("x"), 0o700))
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Cap") || strings.HasPrefix(line, "NoNewPrivs") {
			fmt.Print(line)
		}
	}
}

// graceful ends in order when asked to.
func graceful() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	fmt.Println("ready")
	<-asked
	fmt.Println("bye")
	os.Exit(0)
}

// child starts this program again with the words of its value, and goes on; away does
// so in a session, and so a process group, of its own.
func child(words string, where *syscall.SysProcAttr) {
	command := exec.Command(os.Args[0], strings.Fields(words)...)
	command.Stdout, command.Stderr, command.SysProcAttr = os.Stdout, os.Stderr, where
	if err := command.Start(); err != nil {
		panic(err)
	}
	fmt.Println("child", command.Process.Pid)
	go command.Wait()
}

// listen serves nothing on a port; value is an address, or the name of a variable.
func listen(address string) {
	if value := os.Getenv(address); value != "" {
		address = value
	}
	if _, err := net.Listen("tcp", address); err != nil {
		panic(err)
	}
}
