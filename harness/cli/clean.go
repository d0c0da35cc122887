package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/highwater-dev/highwater/harness/engine"
	"github.com/highwater-dev/highwater/harness/engine/docker"
	"github.com/highwater-dev/highwater/harness/engine/process"
	"github.com/highwater-dev/highwater/harness/service"
)

func (c *command) clean() *cobra.Command {
	var all, images bool
	clean := &cobra.Command{
		Use:   "clean",
		Short: "Remove what a killed highwater left: containers, networks, processes, databases",
		Long: `clean removes containers and networks by their label, and ends processes by number
and start time, databases that it started with their folders too. What belongs to a highwater that still runs is left alone, unless
--all is given. Run directories and reports are never touched.`,
		Example: `  highwater clean
  highwater clean --images`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			count := 0
			tell := func(text string) {
				count++
				fmt.Fprintln(c.stdout, text)
			}
			failed := errors.Join(process.Clean(all, tell), engine.CleanScratch(all, tell, service.EndLeft))
			looked, err := c.cleanContainers(cmd.Context(), all, images, tell)
			switch {
			case count == 0 && looked:
				fmt.Fprintln(c.stdout, "nothing was left")
			case count == 0:
				fmt.Fprintln(c.stdout, "no process was left")
			}
			return errors.Join(failed, err)
		},
	}
	clean.Flags().BoolVar(&all, "all", false, "also what belongs to a highwater that still runs")
	clean.Flags().BoolVar(&images, "images", false, "also the images that highwater built")
	return clean
}

// cleanContainers has nothing to do where no engine answers; looked says whether one did.
func (c *command) cleanContainers(ctx context.Context, all, images bool, tell func(string)) (looked bool, err error) {
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	containers, err := docker.Connect(limited)
	if err != nil {
		fmt.Fprintln(c.stderr, "containers were not looked at:", err)
		return false, nil
	}
	defer containers.Close()
	err = containers.Clean(ctx, all, tell)
	if images {
		err = errors.Join(err, containers.CleanImages(ctx, tell))
	}
	return true, err
}
