// Each test class may start a whole gateway; two at once would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
