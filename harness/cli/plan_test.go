package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/highwater-dev/highwater/harness"
)

func TestScriptsOfTheCatalogAreLeftOutWithoutNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	variants := func(names ...string) (list []harness.Variant) {
		for _, name := range names {
			one := harness.Variant{Name: name}
			if name[0] == 'n' {
				one.Node = &harness.Node{Script: name}
			}
			list = append(list, one)
		}
		return list
	}
	compared := &harness.Scenario{Variants: variants("go", "n1", "n2"), Checks: []harness.Check{{Of: "go", Over: "go"}, {Of: "n1", Over: "go"}, {Of: "go", Over: "n2"}}}
	kept, dropped := leaveOutNode(t.Context(), []planned{
		{compared, variants("go", "n1", "n2"), true},
		{&harness.Scenario{}, variants("n3"), true},
		{&harness.Scenario{}, variants("go", "n4"), false}, // a user's own
		{&harness.Scenario{}, variants("n5", "n6"), true},
	}, "g*,n5")
	assert.Equal(t, 4, dropped)
	require.Len(t, kept, 3)
	assert.Equal(t, variants("go"), kept[0].variants)
	assert.Len(t, kept[0].scenario.Checks, 1)
	assert.Len(t, compared.Checks, 3, "the catalog's own stay")
	assert.Equal(t, variants("go", "n4"), kept[1].variants)
	assert.Equal(t, variants("n5"), kept[2].variants)
}
