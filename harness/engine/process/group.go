package process

import (
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
)

// ownGroup puts a program into a process group of its own, so that its children can
// be ended with it, and so that Ctrl-C reaches highwater alone.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// group is a process and all that came of it: its process group, its descendants,
// those that were once seen among them, and whoever carries its mark. The process
// group alone would not do: a shell's timeout or setsid leaves it, and a daemon
// leaves its parent, too. Who they are is looked up now and then, what they hold at
// every call.
type group struct {
	id   int    // of the process group; 0 where it may be a stranger's by now
	mark string // HIGHWATER_RUN; empty where it is not known

	mu      sync.Mutex
	members []*process.Process
	looked  time.Time
}

// lookEvery is how long a new child may stay unnoticed.
const lookEvery = 250 * time.Millisecond

func newGroup(pid int, mark string) *group {
	g := &group{id: pid, mark: mark, looked: time.Now()}
	if leader, err := process.NewProcess(int32(pid)); err == nil { // else it has ended already
		g.members = []*process.Process{leader}
	}
	return g
}

// anonymous is the sum of the members' anonymous memory. Pages that a child shares
// with its parent since a fork are counted twice.
func (g *group) anonymous() harness.Bytes {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.looked) > lookEvery {
		g.look()
	}
	var sum harness.Bytes
	for _, member := range g.members {
		sum += anonymousOf(member)
	}
	return sum
}

// look adds new descendants, of members that left their parent, too, and drops who
// has ended. Nobody is asked for children whose number may be a stranger's by now.
func (g *group) look() {
	g.members = slices.DeleteFunc(g.members, ended)
	for i := 0; i < len(g.members); i++ { // it grows on the way
		children, _ := g.members[i].Children()
		for _, child := range children {
			g.add(child)
		}
	}
	g.looked = time.Now()
}

func (g *group) add(one *process.Process) {
	known := slices.ContainsFunc(g.members, func(member *process.Process) bool { return member.Pid == one.Pid })
	if !known && !ended(one) {
		g.members = append(g.members, one)
	}
}

// living looks afresh, also for the mark, and returns all that run. Like look, and like
// all that asks a member, it needs the lock: members remember what they were asked.
func (g *group) living() []*process.Process {
	g.look()
	for _, pid := range marked(g.mark) {
		if one, err := process.NewProcess(pid); err == nil {
			g.add(one)
		}
	}
	return slices.Clone(g.members)
}

// ended says whether a process has gone. One that nobody has waited for counts: in a
// container there may be no init to do it.
func ended(one *process.Process) bool {
	created, err := one.CreateTime()
	if err != nil || !engine.SameProcess(int(one.Pid), created) {
		return true
	}
	status, err := one.Status()
	return err != nil || slices.Contains(status, process.Zombie)
}

// signal reaches everybody once. Before a kill the group is halted, so that nobody
// leaves it, or takes more memory, while the others are looked for.
func (g *group) signal(signal syscall.Signal) {
	if signal == syscall.SIGKILL {
		g.signalGroup(syscall.SIGSTOP)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	all := g.living()
	g.signalGroup(signal)
	for _, one := range all {
		if in, err := syscall.Getpgid(int(one.Pid)); err == nil && in != g.id && !ended(one) {
			_ = one.SendSignal(signal) // an error means that it has just ended, or is beyond reach: end tells
		}
	}
}

func (g *group) signalGroup(signal syscall.Signal) {
	if g.id > 1 {
		_ = syscall.Kill(-g.id, signal) // an error means that nobody is left in the group
	}
}

// endTimeout is how long a killed process may take to go before it counts as left.
const endTimeout = 2 * time.Second

// end kills until nobody is left, and returns the numbers of whom it found and of who
// would not go.
func (g *group) end() (found, left []int32) {
	overdue := time.Now().Add(endTimeout)
	left = g.killLiving()
	g.signalGroup(syscall.SIGKILL)
	for ; len(left) > 0 && time.Now().Before(overdue); left = g.killLiving() {
		found = append(found, left...)
		time.Sleep(time.Millisecond) // an end takes a moment
	}
	slices.Sort(found)
	return slices.Compact(found), left
}

// killLiving kills each that runs, and returns their numbers.
func (g *group) killLiving() (killed []int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range g.living() {
		_ = one.Kill() // what cannot be killed is met again
		killed = append(killed, one.Pid)
	}
	return killed
}
