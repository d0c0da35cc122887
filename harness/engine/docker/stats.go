package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/highwater-dev/highwater/harness"
)

// statsStream follows the engine's own statistics, which come once a second: too slow
// for deaths within five, and all there is where the engine's kernel is not this
// machine's (Docker Desktop, a remote engine).
type statsStream struct {
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	latest map[harness.Metric]float64
	err    error
}

func followStats(docker client.APIClient, id string) *statsStream {
	ctx, cancel := context.WithCancel(context.Background())
	s := &statsStream{cancel: cancel, ended: make(chan struct{}), latest: map[harness.Metric]float64{}}
	go s.follow(ctx, docker, id)
	return s
}

func (s *statsStream) follow(ctx context.Context, docker client.APIClient, id string) {
	defer close(s.ended)
	result, err := docker.ContainerStats(ctx, id, client.ContainerStatsOptions{Stream: true})
	if err != nil {
		s.fail(err)
		return
	}
	defer result.Body.Close()
	decoder := json.NewDecoder(result.Body)
	for {
		var told container.StatsResponse
		if err := decoder.Decode(&told); err != nil {
			s.fail(err)
			return
		}
		s.put(told)
	}
}

func (s *statsStream) put(told container.StatsResponse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	memory := told.MemoryStats
	if memory.Usage == 0 && s.latest[harness.MemoryUsage] > 0 {
		// The stream of an ended container goes on, with zeros.
		s.err = errors.New("its last process has gone")
		return
	}
	s.latest[harness.MemoryUsage] = float64(memory.Usage)
	s.latest[harness.CPUTime] = float64(told.CPUStats.CPUUsage.TotalUsage) / 1e9
	s.latest[harness.SystemTime] = float64(told.CPUStats.CPUUsage.UsageInKernelmode) / 1e9
	for name, metric := range map[string]harness.Metric{
		"total_rss": harness.MemoryAnon, "anon": harness.MemoryAnon, // cgroup v1, v2
		"total_cache": harness.MemoryFile, "file": harness.MemoryFile,
		"total_shmem": harness.MemoryShared, "shmem": harness.MemoryShared,
		"total_pgmajfault": harness.MajorFaults, "pgmajfault": harness.MajorFaults,
	} {
		if value, told := memory.Stats[name]; told {
			s.latest[metric] = float64(value)
		}
	}
}

func (s *statsStream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *statsStream) sample(values map[harness.Metric]float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return fmt.Errorf("sample container by the engine's statistics: %w", s.err)
	}
	for metric, value := range s.latest {
		values[metric] = value
	}
	return nil
}

// close ends the stream and waits for who follows it.
func (s *statsStream) close() {
	s.cancel()
	<-s.ended
}
