package harness

// Service is another program that a scenario needs beside the one under test: an
// object store, a load driver, a database. Exactly one of Postgres, Go, Image and
// Command says what it is; Command may stand beside Image. It has no limits: what it
// uses is not the program's.
type Service struct {
	// Name is what {{.Services.name}} says, and the service's host name in a container.
	Name string `json:"name"`

	// Postgres is a database that highwater finds or starts; the program is told by
	// DATABASE_URL.
	Postgres *Postgres `json:"postgres,omitempty"`
	// Go is a main package of a published module, with its version.
	Go string `json:"go,omitempty"`
	// Image is the reference of a container image.
	Image string `json:"image,omitempty"`
	// Command is a program on this machine and its arguments (process engine), or what
	// an image runs instead of its own command.
	Command []string `json:"command,omitempty"`

	// Command, Args and Env may hold {{.Listen}}, where the service is to listen,
	// {{.Scratch}}, an empty folder of its own, and {{.Services.name}} of one before it.
	Args []string          `json:"args,omitempty"`
	Env  map[string]string `json:"env,omitempty"`

	// Port is where the service listens; 0 leaves it to the engine, which tells it.
	Port int `json:"port,omitempty"`
	// Ready bounds the time from its start until it accepts connections.
	Ready Duration `json:"ready,omitempty"`
}

// Postgres is a PostgreSQL, empty at the beginning of each run.
type Postgres struct {
	// Setup is a file of SQL that is run before the program starts.
	Setup string `json:"setup,omitempty"`
	// Image is used where the engine has it, or can get it and this machine has no
	// PostgreSQL of its own.
	Image string `json:"image,omitempty"`
}

// Database is the scenario's PostgreSQL, or nil.
func (s *Scenario) Database() *Service {
	for i := range s.Services {
		if s.Services[i].Postgres != nil {
			return &s.Services[i]
		}
	}
	return nil
}
