"""Where contacts come from: one backend a file, all with the verbs of base.DirectoryBackend."""
