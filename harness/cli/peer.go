package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness/peer"
)

func (c *command) peer() *cobra.Command {
	var config string
	var withStdin, hold bool
	cmd := &cobra.Command{
		Use:    "peer",
		Short:  "Be the other end of a program's wire (what the peer container runs)",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if hold {
				<-cmd.Context().Done()
				return nil
			}
			var told peer.Config
			if err := json.Unmarshal([]byte(config), &told); err != nil {
				return usagef("read --config: %w", err)
			}
			ctx := cmd.Context()
			if withStdin {
				var stop context.CancelFunc
				ctx, stop = context.WithCancel(ctx)
				defer stop()
				go func() {
					_, _ = io.Copy(io.Discard, os.Stdin)
					stop() // whoever started it has gone
				}()
			}
			if err := peer.Run(ctx, told, c.stdout); err != nil {
				return fmt.Errorf("run peer: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "{}", "what to be, as JSON")
	cmd.Flags().BoolVar(&withStdin, "exit-with-stdin", false, "end when standard input ends")
	cmd.Flags().BoolVar(&hold, "hold-network", false, "do nothing but keep a network namespace alive")
	return cmd
}
