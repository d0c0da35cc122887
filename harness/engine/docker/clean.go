package docker

import (
	"context"
	"errors"
	"fmt"

	"github.com/moby/moby/client"

	"github.com/highwater-dev/highwater/harness/engine"
)

// Clean removes the containers and networks that a highwater which no longer lives
// has left behind, and tells each; with all, those of living ones too.
func (e *Engine) Clean(ctx context.Context, all bool, tell func(string)) error {
	labelled := make(client.Filters).Add("label", labelOwner)
	containers, err := e.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelled})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	var failed []error
	for _, left := range containers.Items {
		if !all && engine.OwnerAlive(left.Labels[labelOwner]) {
			continue
		}
		if _, err := e.client.ContainerRemove(ctx, left.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}); err != nil {
			failed = append(failed, fmt.Errorf("remove container %.12s: %w", left.ID, err))
			continue
		}
		tell(fmt.Sprintf("removed container %.12s of run %s", left.ID, left.Labels[labelRun]))
	}
	networks, err := e.client.NetworkList(ctx, client.NetworkListOptions{Filters: labelled})
	if err != nil {
		return errors.Join(append(failed, fmt.Errorf("list networks: %w", err))...)
	}
	for _, left := range networks.Items {
		if !all && engine.OwnerAlive(left.Labels[labelOwner]) {
			continue
		}
		if _, err := e.client.NetworkRemove(ctx, left.ID, client.NetworkRemoveOptions{}); err != nil {
			failed = append(failed, fmt.Errorf("remove network %s: %w", left.Name, err))
			continue
		}
		tell("removed network " + left.Name)
	}
	return errors.Join(failed...)
}

// CleanImages removes the images that highwater built.
func (e *Engine) CleanImages(ctx context.Context, tell func(string)) error {
	images, err := e.client.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("label", labelImage)})
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	var failed []error
	for _, image := range images.Items {
		if _, err := e.client.ImageRemove(ctx, image.ID, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
			failed = append(failed, fmt.Errorf("remove image %.19s: %w", image.ID, err))
			continue
		}
		tell(fmt.Sprintf("removed image %q", image.RepoTags))
	}
	return errors.Join(failed...)
}
