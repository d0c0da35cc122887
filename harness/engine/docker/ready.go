package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/highwater-dev/highwater/harness/engine"
)

// controlURL waits until the peer's published port answers, or the peer has ended.
func (e *Engine) controlURL(ctx context.Context, peer *instance) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, engine.StartTimeout)
	defer cancel()
	port, err := peer.container.MappedPort(ctx, controlPort+"/tcp")
	if err != nil {
		return "", errors.Join(peer.early(), err)
	}
	host, err := e.publishedHost(ctx, port.Num())
	if err != nil {
		return "", errors.Join(peer.early(), err)
	}
	base := "http://" + net.JoinHostPort(host, strconv.Itoa(int(port.Num())))
	for {
		last := answers(ctx, base+"/stats")
		if last == nil {
			return base, nil
		}
		select {
		case <-peer.Done():
			return "", peer.early()
		case <-ctx.Done():
			return "", errors.Join(ctx.Err(), last)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// nearURL is the control port at the container's own address, where this machine may be the
// one that has its network; else empty. A published port goes through a process of the
// engine's, which is kept waiting where programs take all of the processor.
func (i *instance) nearURL() string {
	if i.networks == nil || i.networks.Networks[bridgeNetwork] == nil || !i.networks.Networks[bridgeNetwork].IPAddress.IsValid() {
		return ""
	}
	return "http://" + net.JoinHostPort(i.networks.Networks[bridgeNetwork].IPAddress.String(), controlPort)
}

// early says that an instance which was to run has ended. Its port is gone a moment
// before its end is reported, so that the report is waited for.
func (i *instance) early() error {
	select {
	case <-i.Done():
		return fmt.Errorf("it ended at once with exit code %d; its log says why", i.Exit().Code)
	case <-time.After(endReported):
		return nil
	}
}

// endReported bounds the time between the end of a container and its report (well
// under a second where it was seen).
const endReported = 3 * time.Second

func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
