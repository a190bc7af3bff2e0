// Each test starts a whole gateway; two of them at once would only wait for each other's processes.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
