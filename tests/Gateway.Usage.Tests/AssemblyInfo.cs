// More than there are processors: most of these tests wait for a socket, a timer or another process for the most of their time.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
