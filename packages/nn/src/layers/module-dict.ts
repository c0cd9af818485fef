import { ArgumentError } from '@normgrad/autograd';
import { type AnyModule, Module } from '../module.ts';

/** Modules by name, to be called one by one; in state dicts they have these names. A plain object in a field does the same. */
export class ModuleDict<M extends AnyModule = Module> extends Module<readonly unknown[], never> implements Iterable<[string, M]> {
  /** Without a prototype, so that every name is free. */
  protected readonly modules: Record<string, M> = Object.create(null);

  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    for (const [name, module] of Object.entries(modules)) this.set(name, module);
  }

  get size(): number {
    return this.names().length;
  }

  names(): string[] {
    return Object.keys(this.modules);
  }

  [Symbol.iterator](): IterableIterator<[string, M]> {
    return Object.entries(this.modules).values();
  }

  has(name: string): boolean {
    return name in this.modules;
  }

  /** @throws ArgumentError if there is no module of this name. */
  get(name: string): M {
    const module = this.modules[name];
    if (module) return module;
    throw new ArgumentError(`ModuleDict: there is no module '${name}'; choose from ${this.names().join(', ')}.`);
  }

  /**
   * Adds a module, or replaces it.
   *
   * @throws ArgumentError if the name is empty or has a dot, which in state dicts separates names.
   */
  set(name: string, module: M): this {
    if (name === '' || name.includes('.')) {
      throw new ArgumentError(`ModuleDict: the name '${name}' was given; names must not be empty or have a dot; choose another.`);
    }
    this.modules[name] = module;
    return this;
  }

  delete(name: string): boolean {
    return this.has(name) && delete this.modules[name];
  }

  forward(): never {
    throw new ArgumentError('ModuleDict: it was called; it has no order of its own; call the modules in it.');
  }

  override stateName(): string {
    return '';
  }

  protected override className(): string {
    return 'ModuleDict';
  }
}
