//go:build !linux

package runner

import "errors"

// TakePrecedence is for Linux.
func TakePrecedence() error { return errors.New("take precedence: only under Linux") }
