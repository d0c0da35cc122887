package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// strict makes wrong arguments of all commands errors of usage. Cobra itself shows the
// help and succeeds where a command that only groups others is given a wrong word.
func strict(root *cobra.Command) {
	root.InitDefaultCompletionCmd() // else these two come later, and unchecked
	root.InitDefaultHelpCmd()
	for _, sub := range root.Commands() {
		if sub.Name() == "help" {
			sub.Args = topic
		}
	}
	strictGroup(root)
}

// topic checks the arguments of help.
func topic(help *cobra.Command, args []string) error {
	of, rest, err := help.Root().Find(args)
	if err == nil && len(rest) > 0 {
		return unknownCommand(of, rest[0])
	}
	return err
}

func strictGroup(group *cobra.Command) {
	for _, sub := range group.Commands() {
		if sub.HasSubCommands() {
			strictGroup(sub)
			continue
		}
		check := sub.Args
		if check == nil {
			check = cobra.ArbitraryArgs
		}
		sub.Args = func(of *cobra.Command, args []string) error {
			err := check(of, args)
			if err != nil && !errors.As(err, &usageError{}) {
				return usagef("%w; usage: %s", err, of.UseLine())
			}
			return err
		}
	}
	group.DisableFlagsInUseLine = true
	group.Args = func(of *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(of, args[0])
		}
		return nil
	}
	group.RunE = func(of *cobra.Command, _ []string) error { return of.Help() }
}

// unknownCommand names the legal commands, the likely one first.
func unknownCommand(group *cobra.Command, name string) error {
	var legal []string
	for _, sub := range group.Commands() {
		if sub.IsAvailableCommand() {
			legal = append(legal, sub.Name())
		}
	}
	list := "want one of " + strings.Join(legal, ", ")
	group.SuggestionsMinimumDistance = 2
	if near := group.SuggestionsFor(name); len(near) > 0 {
		list = "did you mean " + near[0] + "? " + list
	}
	return usagef("unknown command %q: %s; see %s --help", name, list, group.CommandPath())
}
