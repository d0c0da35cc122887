package runner

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRedactWords(t *testing.T) {
	words := []string{"export", "--token=abc", "--api-key", "abc", "--rows", "10", "https://me:abc@host/path", "author=me", "--password"}
	assert.Equal(t, []string{"export", "--token=(redacted)", "--api-key", "(redacted)", "--rows", "10", "https://(redacted)@host/path", "author=me", "--password"}, redactWords(words))
	assert.Equal(t, "abc", words[3], "the program still gets it")
	assert.Equal(t, "postgres://(redacted)@db/x", redact(map[string]string{"STORE": "postgres://me:abc@db/x"})["STORE"])
}
