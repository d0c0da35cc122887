package docker_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/internal/testbin"
)

// long is a grace period that only a test which fails uses up.
const long = time.Minute

func TestOutputIsComplete(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("flood=3000000")
	require.Zero(t, program.ended(t).Code)
	for _, words := range []*testbin.Words{program.stdout, program.stderr} {
		text := words.String()
		assert.Len(t, text, 3000000)
		assert.True(t, strings.HasSuffix(text, "29999\n"))
		assert.Equal(t, 30000, strings.Count(text, "\n"))
	}
}

func TestStopAsksFirst(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("graceful")
	program.stdout.Wait(t, "ready")
	require.NoError(t, program.Stop(long))
	assert.Equal(t, harness.Exit{Code: 0, By: harness.ByHighwater}, program.ended(t))
	assert.Contains(t, program.stdout.String(), "bye")
	require.NoError(t, program.Stop(long), "a second time")
}

func TestStopKillsTheDeaf(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("deaf", "say=ready", "wait")
	program.stdout.Wait(t, "ready")
	require.NoError(t, program.Stop(time.Second))
	assert.Equal(t, harness.Exit{Code: 137, Signal: "killed", By: harness.ByHighwater}, program.ended(t))
}

// A program that has ended by itself keeps its own end, whatever is asked afterwards.
func TestStopAfterTheEnd(t *testing.T) {
	th := open(t, connect(t))
	program := th.act("exit=3")
	program.ended(t)
	require.NoError(t, program.Stop(long))
	assert.Equal(t, harness.Exit{Code: 3, By: harness.ByProgram}, program.Exit())
}

func TestCloseRemovesEverything(t *testing.T) {
	e := connect(t)
	th := open(t, e)
	program := th.act("deaf", "say=ready", "wait")
	program.stdout.Wait(t, "ready")
	require.Len(t, left(t, e, th.run), 4)
	require.NoError(t, th.stage.Close())
	assert.Empty(t, left(t, e, th.run))
	program.ended(t)
	assert.Error(t, program.Sample(map[harness.Metric]float64{}))
}

// After Ctrl-C every context is over; what was started has to go all the same.
func TestCloseWorksAfterItsContextIsOver(t *testing.T) {
	e := connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	stage, err := e.Stage(ctx, "test-cancelled-"+t.Name(), engine.Ports{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = stage.Close() })
	_, err = stage.StartPeer(ctx, engine.PeerSpec{Binary: testbin.Highwater(t), Arguments: peerArguments, Log: t.Output()})
	require.NoError(t, err)
	_, err = stage.StartProgram(ctx, engine.Program{Binary: testbin.Actor(t), Args: []string{"wait"}, Limits: limits})
	require.NoError(t, err)
	cancel()
	require.NoError(t, stage.Close())
	assert.Empty(t, left(t, e, "test-cancelled-"+t.Name()))
}

// Ctrl-C may come at any moment of a start, and nothing may be left of a half-set
// stage.
func TestCloseAfterAStartThatWasCut(t *testing.T) {
	e := connect(t)
	testbin.Highwater(t)
	for _, after := range []time.Duration{time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond} {
		run := "test-cut-" + after.String()
		stage, err := e.Stage(t.Context(), run, engine.Ports{})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), after)
		_, err = stage.StartPeer(ctx, engine.PeerSpec{Binary: testbin.Highwater(t), Arguments: peerArguments, Log: t.Output()})
		if err == nil {
			_, err = stage.StartProgram(ctx, engine.Program{Binary: testbin.Actor(t), Args: []string{"wait"}, Limits: limits})
		}
		t.Logf("after %s: %v", after, err)
		cancel()
		require.NoError(t, stage.Close())
		assert.Empty(t, left(t, e, run))
	}
}

// A peer that cannot do what it is told is reported at once, with where to look.
func TestPeerThatEndsAtOnce(t *testing.T) {
	e := connect(t)
	stage, err := e.Stage(t.Context(), "test-bad-peer", engine.Ports{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stage.Close()) })
	said := &testbin.Words{}
	_, err = stage.StartPeer(t.Context(), engine.PeerSpec{
		Binary: testbin.Highwater(t), Log: said,
		Arguments: func(engine.Layout) ([]string, error) { return []string{"peer", "--config", "{"}, nil },
	})
	require.ErrorContains(t, err, "it ended at once with exit code 2")
	assert.Contains(t, said.String(), "read --config")
}

func TestStagesDoNotDisturbEachOther(t *testing.T) {
	e := connect(t)
	testbin.Highwater(t)
	testbin.Actor(t)
	stages := make([]*theatre, 3)
	var opening sync.WaitGroup
	for i := range stages {
		opening.Go(func() { stages[i] = open(t, e) })
	}
	opening.Wait()
	var programs []*started
	for _, th := range stages {
		require.NotNil(t, th)
		programs = append(programs, th.act("dial=peer:7001", "say=ready", "wait"))
	}
	for _, program := range programs {
		program.stdout.Wait(t, "ready")
		assert.Contains(t, program.stdout.String(), "dial peer:7001: yes")
	}
	require.NoError(t, stages[0].stage.Close())
	programs[0].ended(t)
	for i, th := range stages[1:] {
		assert.NoError(t, programs[i+1].Sample(map[harness.Metric]float64{}))
		assert.Equal(t, e.Local(), th.peer.Near != "", "a way past the published port")
		for _, base := range []string{th.peer.Control, th.peer.Near} {
			if base != "" {
				response, err := http.Get(base + "/stats")
				require.NoError(t, err)
				response.Body.Close()
			}
		}
		assert.Len(t, left(t, e, th.run), 4)
	}
}
