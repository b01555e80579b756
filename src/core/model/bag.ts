/** No prototype, so that a key may be called `constructor`; yet an ordinary object to the engine, where `Object.create(null)` is a slow dictionary. */
function Bag(this: object): void { /* starts empty */ }
Bag.prototype = Object.freeze(Object.create(null)) as object;

/** An empty object whose keys are names that others chose. */
export const newBag = <T>(): { [name: string]: T } => new (Bag as unknown as new () => { [name: string]: T })();
