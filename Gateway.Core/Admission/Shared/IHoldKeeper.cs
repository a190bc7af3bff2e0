namespace Gateway.Core.Admission.Shared;

/// <summary>Keeps holds alive while their owner lives: renews them, and announces them again where the store lost its memory. Thread-safe, never waits.</summary>
public interface IHoldKeeper
{
    /// <summary>From now on renewed. A hold of the same request and part takes the place of the one before.</summary>
    void Add(Hold hold);

    /// <summary>No longer renewed. Nothing is given back by it: that is the business of whoever settles or voids.</summary>
    void Remove(Guid requestId, int part);
}
