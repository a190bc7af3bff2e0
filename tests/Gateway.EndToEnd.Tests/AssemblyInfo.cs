using Gateway.EndToEnd.Tests;

// Two gateways at once, of those scenarios that wait most of their time; those that fill the machine or watch the clock are in collections that run alone.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
[assembly: TestCollectionOrderer(LongestFirst.Type, LongestFirst.Assembly)]
