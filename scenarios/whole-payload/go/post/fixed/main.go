// The uploader hands the rows of a feed to a collector, in one request.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// upload sends all that feed has to the collector.
func upload(collector string, feed io.Reader) error {
	answer, err := http.Post(collector, "text/csv", io.NopCloser(feed))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("the collector answered %s", answer.Status)
	}
	return nil
}

func main() {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		log.Fatal(err)
	}
	defer feed.Close()
	if err := upload("http://"+os.Getenv("HIGHWATER_SINK")+"/", feed); err != nil {
		log.Fatal("upload: ", err)
	}
}
