package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"
)

// bucket is one in an S3-compatible store, reached by signed links alone.
type bucket struct {
	endpoint, name, key, secret string
	writing                     chan struct{} // as many as may be written at once
}

// exports is where whole files lie until they have been downloaded.
var exports = openBucket("exports", 4)

// openBucket makes sure that the bucket is there.
func openBucket(name string, writers int) *bucket {
	b := &bucket{
		os.Getenv("S3_ENDPOINT"), name, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"),
		make(chan struct{}, writers),
	}
	if err := b.put(context.Background(), "", http.NoBody, 0); err != nil {
		log.Fatal(err)
	}
	return b
}

func (b *bucket) put(ctx context.Context, object string, body io.Reader, size int64) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, b.sign(http.MethodPut, object, time.Minute), body)
	if err != nil {
		return err
	}
	request.ContentLength = size
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("put %s/%s: %s", b.name, object, answer.Status)
	}
	return nil
}

// upload is an object under way.
type upload struct {
	*io.PipeWriter
	bucket *bucket
	object string
	stored chan error
}

// create begins an object for all orders, as soon as there is a place for one more. It
// is given up when ctx ends.
func (b *bucket) create(ctx context.Context, orders *sql.DB) *upload {
	b.writing <- struct{}{}
	read, write := io.Pipe()
	u := &upload{write, b, rand.Text() + ".csv", make(chan error, 1)}
	var size int64 // the store wants to know beforehand
	failed := orders.QueryRowContext(ctx, "SELECT sum(octet_length(line) + 1) FROM orders").Scan(&size)
	go func() {
		err := errors.Join(failed, b.put(ctx, u.object, read, size))
		read.CloseWithError(err)
		<-b.writing
		u.stored <- err
	}()
	return u
}

// Close returns when the object is stored.
func (u *upload) Close() error {
	u.PipeWriter.Close()
	return <-u.stored
}

// link lets whoever has it read the object for a while, from the store itself.
func (u *upload) link() string { return u.bucket.sign(http.MethodGet, u.object, 15*time.Minute) }

// sign makes a link with a signature of version 4.
func (b *bucket) sign(method, object string, valid time.Duration) string {
	const region = "us-east-1"
	now := time.Now().UTC()
	scope := now.Format("20060102") + "/" + region + "/s3/aws4_request"
	link, err := url.Parse(b.endpoint + "/" + b.name)
	if err != nil {
		log.Fatal(err)
	}
	if object != "" {
		link = link.JoinPath(object)
	}
	link.RawQuery = url.Values{
		"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {b.key + "/" + scope},
		"X-Amz-Date": {now.Format("20060102T150405Z")}, "X-Amz-Expires": {fmt.Sprint(int(valid.Seconds()))},
		"X-Amz-SignedHeaders": {"host"},
	}.Encode()
	request := sha256.Sum256([]byte(method + "\n" + link.Path + "\n" + link.RawQuery + "\nhost:" + link.Host + "\n\nhost\nUNSIGNED-PAYLOAD"))
	key := []byte("AWS4" + b.secret)
	for _, part := range []string{now.Format("20060102"), region, "s3", "aws4_request"} {
		key = seal(key, part)
	}
	text := "AWS4-HMAC-SHA256\n" + now.Format("20060102T150405Z") + "\n" + scope + "\n" + hex.EncodeToString(request[:])
	link.RawQuery += "&X-Amz-Signature=" + hex.EncodeToString(seal(key, text))
	return link.String()
}

func seal(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
