package runner

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRedactWords(t *testing.T) {
	words := []string{"export", "--token=abc", "--api-key", "abc", "--rows", "10", "https://me:abc@host/path", "author=me", "--password"}
	assert.Equal(t, []string{"export", "--token=(redacted)", "--api-key", "(redacted)", "--rows", "10", "https://(redacted)@host/path", "author=me", "--password"}, RedactWords(words))
	assert.Equal(t, "abc", words[3], "the program still gets it")
	for _, name := range []string{"PGPASS", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "DB_PWD", "COOKIE", "SESSION", "SIGNING_KEY", "accountKey", "CONNECTION_STRING", "AUTHORIZATION"} {
		assert.Equal(t, redacted, redact(map[string]string{name: "abc"})[name], name)
	}
	for _, name := range []string{"GOMEMLIMIT", "KEYSPACE", "EXPORT_PATH", "TZ"} {
		assert.Equal(t, "abc", redact(map[string]string{name: "abc"})[name], name)
	}
	assert.Equal(t, "postgres://(redacted)@db/x", redact(map[string]string{"STORE": "postgres://me:abc@db/x"})["STORE"])
}
