package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/process"
)

// Owner names a highwater process so that it can be told later whether it still
// lives: process number, start time (milliseconds) and host. A number alone would be
// given to a stranger some day.
func Owner() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%d:%d@%s", os.Getpid(), StartTime(os.Getpid()), host)
}

// OwnerAlive says whether the process that an owner names still runs. An owner on
// another host counts as alive: it cannot be asked.
func OwnerAlive(owner string) bool {
	numbers, host, _ := strings.Cut(owner, "@")
	if here, _ := os.Hostname(); host != here {
		return true
	}
	pid, started, _ := strings.Cut(numbers, ":")
	number, err := strconv.Atoi(pid)
	if err != nil {
		return false
	}
	since, err := strconv.ParseInt(started, 10, 64)
	return err == nil && since != 0 && SameProcess(number, since)
}

// StartTime is when a process started, in milliseconds since 1970; 0 if there is none.
func StartTime(pid int) int64 {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0
	}
	created, err := p.CreateTime()
	if err != nil {
		return 0
	}
	return created
}

// SameProcess says whether the process of that number is the one that started then.
// The start time is derived from the boot time, which may move by a few milliseconds
// when the clock is adjusted.
func SameProcess(pid int, started int64) bool {
	now := StartTime(pid)
	return now != 0 && now-started < startTolerance && started-now < startTolerance
}

const startTolerance = 1500 // milliseconds
